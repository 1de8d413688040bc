/** Live problems: the server's check, asked a moment after the last change. */
import { useEffect, useState } from "react";
import { check } from "../api";
import type { GraphDocument } from "../model/document";
import type { Problem } from "../model/problems";

const PAUSE = 350;

export interface Checked {
  problems: readonly Problem[];
  /** Whether the answer belongs to the document that is shown. */
  fresh: boolean;
  away: boolean;
}

export function useProblems(document: GraphDocument): Checked {
  const [answer, setAnswer] = useState<{ document: GraphDocument | null; problems: readonly Problem[]; away: boolean }>({ document: null, problems: [], away: false });
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      check(document, control.signal).then(
        (problems) => setAnswer({ document, problems, away: false }),
        () => {
          if (!control.signal.aborted) setAnswer((old) => ({ ...old, document: null, away: true }));
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [document]);
  return { problems: answer.problems, fresh: answer.document === document, away: answer.away };
}
