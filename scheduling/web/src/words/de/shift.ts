import type { english, Translated } from "../catalogue";

export const shift: Translated<typeof english.shift> = {};
