/** What all parts of the editor share: the session, the tasks of the project, and what to mark. */
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Task } from "../api";
import type { Comparison } from "../model/compare";
import type { Marks } from "../model/problems";
import type { Session, State } from "../model/session";
import type { Trial } from "../trial/trial-model";

export interface Editor {
  session: Session;
  tasks: ReadonlyMap<string, Task>;
  /** Whether the list of tasks is there, so that an unknown task is told. */
  tasksKnown: boolean;
  marks: Marks;
  trial: Trial | null;
  /** Values of the last trial, for the completion of expressions. */
  samples: { nodes: Record<string, unknown>; input?: unknown };
  /** Marks of a comparison of two versions; null while none is shown. */
  compared: Comparison | null;
  ask: (dialog: Asked) => void;
}

/** A question that the editor asks in a dialog. */
export type Asked =
  | { kind: "connect"; source: string; error: boolean }
  | { kind: "template"; name: string }
  | { kind: "save" }
  | { kind: "keys" }
  | { kind: "import" }
  | { kind: "export"; form: "json" | "python" }
  | { kind: "leave" };

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("useEditor() is called outside the editor.");
  return editor;
}

export function useSessionState(session: Session): State {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}
