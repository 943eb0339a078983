import { type RefObject, useInsertionEffect, useRef } from "react";

/** A ref to the value of the newest render that was committed: for handlers that are called later, never in render. */
export function useNewest<T>(value: T): RefObject<T> {
  const newest = useRef(value);
  useInsertionEffect(() => {
    newest.current = value;
  });
  return newest;
}
