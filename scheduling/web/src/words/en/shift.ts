export const shift = {};
