/** The colours of tokens.css in the order in which roles get them: neighbours in the list differ most. */
const COLOURS = [1, 0, 4, 2, 5, 3, 6, 7] as const;

function colourAt(index: number): number {
  return COLOURS[index % COLOURS.length] ?? 0;
}

/**
 * A colour number for each role, the same in every week: by place in the sorted list of the team's skills. A role that
 * nobody has as a skill gets one by its letters.
 */
export function roleColours(skills: Iterable<string>): (role: string) => number {
  const sorted = [...new Set(skills)].sort((a, b) => a.localeCompare(b));
  const places = new Map(sorted.map((skill, index) => [skill, colourAt(index)]));
  return (role) => places.get(role) ?? colourAt([...role].reduce((sum, letter) => sum + letter.charCodeAt(0), 0));
}
