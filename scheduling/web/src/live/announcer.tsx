import { VisuallyHidden } from "@mantine/core";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

interface Manner {
  /** Sighted readers see it where it stands already. */
  readonly shown?: boolean;
}

const AnnounceContext = createContext<(sentence: string, manner?: Manner) => void>(() => {});
const LatestContext = createContext<{ readonly sentence: string; readonly number: number }>({
  sentence: "",
  number: 0,
});

/** Says a sentence to screen readers, once and politely; sighted readers find it at the foot of the page. */
export const useAnnounce = () => useContext(AnnounceContext);

/** The sentence that was said last, but for those that are shown elsewhere. */
export const useLatest = () => useContext(LatestContext);

/** Holds the page's one live region. Each sentence is a new element, so that the same words twice are said twice. */
export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ sentence: "", number: 0 });
  const [latest, setLatest] = useState(said);
  const announce = useCallback((sentence: string, { shown = false }: Manner = {}) => {
    if (!sentence) return;
    const next = ({ number }: typeof said) => ({ sentence, number: number + 1 });
    setSaid(next);
    if (!shown) setLatest(next);
  }, []);
  return (
    <AnnounceContext value={announce}>
      <LatestContext value={latest}>
        {children}
        <VisuallyHidden role="status" aria-live="polite">
          <span key={said.number}>{said.sentence}</span>
        </VisuallyHidden>
      </LatestContext>
    </AnnounceContext>
  );
}
