/** Answers that are asked for again and again while a week is drawn. */

/** So many are kept of each kind; then all are forgotten. */
const MOST = 5_000;

/** The answers of a function that always gives the same one to the same text. */
export function remembering<Answer>(find: (text: string) => Answer): (text: string) => Answer {
  const known = new Map<string, Answer>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const answer = find(text);
    if (known.size >= MOST) known.clear();
    known.set(text, answer);
    return answer;
  };
}
