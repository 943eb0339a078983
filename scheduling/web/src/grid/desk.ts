import { createContext, useContext } from "react";
import type { Day } from "../time/week";

/** What the cells and cards of a week need to know of the page they are on. */
export interface Desk {
  readonly manager: boolean;
  readonly me: number;
  readonly today: Day;
  /** More than one location: cards say where. */
  readonly places: boolean;
  readonly colourOf: (role: string) => number;
  readonly nameOf: (staffId: number | null) => string;
  readonly openShift: (id: number) => void;
  /** Opens the dialog that plans a shift again on other days. */
  readonly repeatShift: (id: number) => void;
  readonly addShift: (staffId: number | null, day: Day) => void;
  readonly openRequest: (id: number) => void;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("useDesk needs a week page above it");
  return desk;
}
