import { createContext, type ReactNode, Suspense, use } from "react";
import { type Fetch, send } from "../api/http";
import type { About, Visitor } from "../api/types";

const NO_DEMO: About = { demo: null };

/** What the server says of itself. One that does not answer is no demo. */
export const fetchAbout = (fetch: Fetch): Promise<About> => send<About>(fetch, "/api/about").catch(() => NO_DEMO);

export const AboutContext = createContext<Promise<About>>(Promise.resolve(NO_DEMO));

/** How a visitor of the demo signs in; null where real people work. Suspends until that is known. */
export const useVisitor = (): Visitor | null => use(use(AboutContext)).demo;

function Visited({ children }: { children: ReactNode }) {
  return useVisitor() && children;
}

/** What only the demo has: nowhere else is it drawn, or loaded. */
export function InDemo({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <Visited>{children}</Visited>
    </Suspense>
  );
}
