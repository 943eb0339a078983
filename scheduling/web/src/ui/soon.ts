import { useIsFetching } from "@tanstack/react-query";
import { type ComponentType, createElement, type FunctionComponent, lazy, useEffect, useState } from "react";

/** Milliseconds of quiet, nothing being fetched, after which the first screen has long been drawn. */
const QUIET = 2_000;

/** How Chromium, Firefox and Safari name a part of the program that could not be fetched, and Vite a style sheet. */
const UNFETCHED = /dynamically imported module|Importing a module script|Unable to preload/;

/** What could not be fetched stays so, until somebody asks for it once more. */
const failed = new Set<() => void>();

const waiting = new Set<() => Promise<unknown>>();

/** Whether what waits is fetched: then whatever comes with it goes on with its own. */
let fetching = false;

/**
 * A component that the first screen does without: its code is fetched when it is first drawn, and soon after the first screen
 * in any case, so that it is there when there is no network any more.
 */
export function soon<Props extends object>(load: () => Promise<ComponentType<Props>>): FunctionComponent<Props> {
  let loading: Promise<ComponentType<Props>> | null = null;
  const once = () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      failed.add(renew);
      throw error;
    });
    return loading;
  };
  waiting.add(once);
  if (fetching) once().catch(() => {});
  const part = async () => ({ default: (await once()) as ComponentType<object> });
  let Part = lazy(part);
  const renew = () => {
    Part = lazy(part);
  };
  return (props) => createElement(Part, props);
}

/** Whether that is why something could not be drawn: its code is not here. */
export const isUnfetched = (error: unknown) => error instanceof Error && UNFETCHED.test(error.message);

/** What could not be fetched is, when it is drawn the next time. */
export function fetchAnew(): void {
  for (const renew of failed) renew();
  failed.clear();
}

/** Whether it is so, or was: what has been opened once stays there to be closed with grace. */
export function useMet(now: boolean): boolean {
  const [met, setMet] = useState(now);
  if (now && !met) setMet(true);
  return met;
}

/** Fetches what is needed soon. A failure is met again, and told, by whoever needs it. */
export function useSoon(): void {
  const quiet = useIsFetching() === 0;
  useEffect(() => {
    if (!quiet) return;
    const timer = setTimeout(() => {
      fetching = true;
      for (const fetch of waiting) fetch().catch(() => {});
    }, QUIET);
    return () => clearTimeout(timer);
  }, [quiet]);
}
