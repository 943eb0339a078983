import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

const paper = window.matchMedia("print");

function subscribe(changed: () => void): () => void {
  // Who prints reads the page as soon as the listeners have returned.
  const now = () => flushSync(changed);
  paper.addEventListener("change", now);
  return () => paper.removeEventListener("change", now);
}

/** Whether the page is being drawn for paper: then everything has to stand in it, seen or not. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => paper.matches);
}
