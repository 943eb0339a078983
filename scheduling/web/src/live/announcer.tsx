import { VisuallyHidden } from "@mantine/core";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

const AnnounceContext = createContext<(sentence: string) => void>(() => {});
const LatestContext = createContext<{ readonly sentence: string; readonly number: number }>({
  sentence: "",
  number: 0,
});

/** Says a sentence to screen readers, once and politely; sighted readers find it at the foot of the page. */
export const useAnnounce = () => useContext(AnnounceContext);

/** The sentence that was said last. */
export const useLatest = () => useContext(LatestContext);

/** Holds the page's one live region. Each sentence is a new element, so that the same words twice are said twice. */
export function Announcer({ children }: { children: ReactNode }) {
  const [latest, setLatest] = useState({ sentence: "", number: 0 });
  const announce = useCallback((sentence: string) => {
    if (sentence) setLatest(({ number }) => ({ sentence, number: number + 1 }));
  }, []);
  return (
    <AnnounceContext value={announce}>
      <LatestContext value={latest}>
        {children}
        <VisuallyHidden role="status" aria-live="polite">
          <span key={latest.number}>{latest.sentence}</span>
        </VisuallyHidden>
      </LatestContext>
    </AnnounceContext>
  );
}
