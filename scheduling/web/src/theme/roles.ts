/** How many role colours tokens.css has. */
export const ROLE_COLOURS = 8;

/**
 * A colour number for each role, the same in every week: by place in the sorted list of the team's skills. A role that
 * nobody has as a skill gets one by its letters.
 */
export function roleColours(skills: Iterable<string>): (role: string) => number {
  const sorted = [...new Set(skills)].sort((a, b) => a.localeCompare(b));
  const places = new Map(sorted.map((skill, index) => [skill, index % ROLE_COLOURS]));
  return (role) => places.get(role) ?? [...role].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % ROLE_COLOURS;
}
