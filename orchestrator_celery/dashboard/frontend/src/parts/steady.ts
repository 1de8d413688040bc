import { useCallback, useLayoutEffect, useRef } from "react";

/**
 * A function that stays the same object and calls the newest one. A canvas draws all its nodes and lines again when it gets
 * another function, so it gets the same one each time. Call it in events only, not while drawing.
 */
export function useSteady<Given extends unknown[], Answer>(call: (...given: Given) => Answer): (...given: Given) => Answer {
  const newest = useRef(call);
  useLayoutEffect(() => {
    newest.current = call;
  });
  return useCallback((...given) => newest.current(...given), []);
}
