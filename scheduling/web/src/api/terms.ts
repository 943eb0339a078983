import type { Contract } from "./types";

/** What a new person's contract says before somebody says otherwise: as the server has it. */
export const USUAL: Contract = {
  name: "",
  hours_per_week: null,
  least_hours_per_week: null,
  rest_hours: 11,
  most_days_in_a_row: null,
  least_days_off_in_a_row: null,
  most_weekends_in_four: null,
  whole_weekends: false,
  forbidden_successions: [
    { before: "late", after: "early" },
    { before: "late", after: "day" },
    { before: "night", after: "early" },
    { before: "night", after: "day" },
    { before: "night", after: "late" },
  ],
  hard_rules: [],
};
