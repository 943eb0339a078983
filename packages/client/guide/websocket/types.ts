// The file that the guide's client imports and does not show: what `tidings types` generates.
export * from "../../test/live.gen";
