/** Copy, cut, paste and duplicate by the browser's own clipboard, and the keys that work wherever the focus is. */
import { useEffect } from "react";
import { toast } from "@/parts/toast";
import { copied, pasted } from "../model/clipboard";
import { deleteParts } from "../model/commands";
import type { Session } from "../model/session";

const FIELDS = "input,textarea,select,[contenteditable],[role=dialog]";

function inField(event: Event): boolean {
  const target = event.target instanceof Element ? event.target : document.activeElement;
  return Boolean(target?.closest(FIELDS)) || (getSelection()?.toString() ?? "") !== "";
}

function paste(session: Session, text: string): boolean {
  const { path } = session.snapshot();
  const made = pasted(session.sheet, path, text);
  if (!made) return false;
  session.do(made.names.length === 1 ? "paste a node" : `paste ${made.names.length} nodes`, () => made.sheet, { select: { nodes: new Set(made.names) } });
  return true;
}

export function useClipboard(session: Session, onSave: () => void, onKeys: () => void): void {
  useEffect(() => {
    const text = (): string | null => copied(session.sheet, session.snapshot().path, session.snapshot().selection.nodes);
    const onCopy = (event: ClipboardEvent): void => {
      const part = inField(event) ? null : text();
      if (part === null) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", part);
      if (event.type === "cut") session.do("cut", (sheet) => deleteParts(sheet, session.snapshot().path, session.snapshot().selection.nodes, new Set()));
    };
    const onPaste = (event: ClipboardEvent): void => {
      if (inField(event)) return;
      event.preventDefault();
      if (!paste(session, event.clipboardData?.getData("text/plain") ?? "")) toast("The clipboard holds no nodes and no document of a graph.", { tone: "failed" });
    };
    // Before the sheet of the whole dashboard, which has the same key.
    const onQuestion = (event: KeyboardEvent): void => {
      if (event.key !== "?" || inField(event)) return;
      event.preventDefault();
      event.stopPropagation();
      onKeys();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === "s" && !document.querySelector("[role=dialog]")) {
        event.preventDefault();
        onSave();
        return;
      }
      // A field that keeps its text for itself undoes its own text; all others write at once.
      if (inField(event)) return;
      if (key === "d") {
        const part = text();
        if (part !== null) paste(session, part);
      } else if (key === "z") {
        const label = event.shiftKey ? session.redo() : session.undo();
        if (label !== null) toast(`${event.shiftKey ? "Redone" : "Undone"}: ${label}.`);
      } else if (key === "y") session.redo();
      else return;
      event.preventDefault();
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    addEventListener("keydown", onKey);
    addEventListener("keydown", onQuestion, true);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
      removeEventListener("keydown", onKey);
      removeEventListener("keydown", onQuestion, true);
    };
  }, [session, onSave, onKeys]);
}
