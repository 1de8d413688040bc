/** Keeps what is not saved in the browser, and finds what an earlier session left there. */
import { useCallback, useEffect, useRef, useState } from "react";
import { toast } from "@/parts/toast";
import { draftsOf, dropDraft, keepDraft, type Draft } from "../model/drafts";
import type { Session, State } from "../model/session";

const PAUSE = 400;

export interface Drafts {
  /** Changes of an earlier session that are not in what is shown. */
  offered: Draft | null;
  restore: () => void;
  discard: () => void;
}

/** A draft is per graph, version and opening: two windows do not overwrite each other's. */
export function useDraft(session: Session, state: State, name: string, base: number, onRestore: (base: number) => void): Drafts {
  const [window] = useState(() => Math.random().toString(36).slice(2));
  const [offered, setOffered] = useState<Draft | null>(() => {
    const shown = JSON.stringify(session.sheet.document);
    return draftsOf(localStorage, name).find((draft) => JSON.stringify(draft.sheet.document) !== shown) ?? null;
  });
  const own = useRef({ name, base, window });
  const told = useRef(false);
  const flush = useCallback(() => {
    if (!session.dirty) dropDraft(localStorage, own.current);
    else if (!keepDraft(localStorage, { ...own.current, saved: Date.now(), sheet: session.sheet }) && !told.current) {
      told.current = true;
      toast("The browser has no room for a draft of this graph: save it soon.", { tone: "failed" });
    }
  }, [session]);
  // After a save the draft of the old version is gone, and the next one begins from the new version.
  useEffect(() => {
    if (own.current.name !== name || own.current.base !== base) dropDraft(localStorage, own.current);
    own.current = { name, base, window };
    flush();
  }, [name, base, window, flush]);
  useEffect(() => {
    const timer = setTimeout(flush, PAUSE);
    return () => clearTimeout(timer);
  }, [state.history.now, state.saved, flush]);
  useEffect(() => {
    // A lost session takes the page away; a closed window, a crash of the tab: what was typed last is kept, too.
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", flush);
    return () => {
      removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", flush);
      flush();
    };
  }, [flush]);
  const restore = (): void => {
    if (!offered) return;
    session.do("restore a draft", () => offered.sheet);
    onRestore(offered.base);
    dropDraft(localStorage, offered);
    setOffered(null);
  };
  const discard = (): void => {
    if (offered) dropDraft(localStorage, offered);
    setOffered(null);
  };
  return { offered, restore, discard };
}
