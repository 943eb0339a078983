import { dayShort } from "../../time/words";
import type { Target } from "./drag";

/** "Noor Haddad, Tue 24 Nov" */
export function targetWords({ staffId, day }: Target, nameOf: (staffId: number | null) => string): string {
  return `${nameOf(staffId)}, ${dayShort(day)}`;
}
