/** The team page's address: which part of it, and who stands open. */
export interface TeamSearch {
  readonly part?: "cover" | undefined;
  readonly person?: number | "new" | undefined;
  /** The location whose cover is shown. */
  readonly location?: string | undefined;
}

function personOf(value: unknown): TeamSearch["person"] {
  if (value === "new") return "new";
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Takes what makes sense of an address and leaves the rest out. */
export function readTeamSearch(search: Record<string, unknown>): TeamSearch {
  return {
    part: search.part === "cover" ? "cover" : undefined,
    person: personOf(search.person),
    location: typeof search.location === "string" ? search.location : undefined,
  };
}
