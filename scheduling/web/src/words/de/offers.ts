import type { english, Translated } from "../catalogue";

export const offers: Translated<typeof english.offers> = {};
