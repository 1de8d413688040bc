/** Small dialogs of the editor: where to connect to, the keys, import and export. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { download } from "@/graph/export";
import { Button, CopyButton } from "@/parts/button";
import { Dialog, INPUT } from "@/parts/dialog";
import { DialogBody, DialogButtons, Problem } from "@/parts/form";
import { KeyList } from "@/parts/key-list";
import { Note, Skeleton } from "@/parts/states";
import { pythonOf } from "../api";
import { KEYS } from "../canvas/keys";
import { changeGraph, drawnNames } from "../model/commands";
import { START, unreadable, type GraphDocument, type Sheet } from "../model/document";
import { connect } from "../model/edges";
import { displayName } from "../model/lines";
import type { Session } from "../model/session";

/** Chooses a target by typing: the way to connect without a mouse. */
export function ConnectDialog({ session, source, error, onClose }: { session: Session; source: string; error: boolean; onClose: () => void }): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const names = useMemo(() => drawnNames(session.graph).filter((name) => name !== START), [session]);
  const found = names.filter((name) => displayName(name).toLowerCase().includes(text.trim().toLowerCase()));
  const choose = (target: string | undefined): void => {
    if (target === undefined) return;
    const made = connect(session.graph, source, target, error ? "error" : "likely");
    session.do("connect", (sheet) => changeGraph(sheet, session.snapshot().path, () => made.graph), made.line ? { select: { lines: new Set([made.line]) } } : {});
    onClose();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog open onClose={onClose} title={error ? `On an error of ${displayName(source)}, go to` : `Connect ${displayName(source)} to`} width={420}>
      <div className="flex min-h-0 flex-col px-4 pb-4">
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls="connect-targets"
          aria-activedescendant={found[at] === undefined ? undefined : `connect-${at}`}
          aria-label="Target"
          placeholder="Name of a node"
          className={INPUT}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <ul id="connect-targets" role="listbox" aria-label="Nodes" className="m-0 mt-2 min-h-0 list-none overflow-y-auto p-0">
          {found.map((name, index) => (
            <li key={name} id={`connect-${index}`} role="option" aria-selected={index === at} className={`cursor-default truncate rounded-md px-2 py-[5px] ${index === at ? "bg-accent-soft" : "hover:bg-quiet-soft"}`} onClick={() => choose(name)}>
              <bdi>{displayName(name)}</bdi>
            </li>
          ))}
        </ul>
        {found.length ? null : <p className="m-0 py-2 text-muted">No node has this name.</p>}
      </div>
    </Dialog>
  );
}

export function KeysDialog({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Dialog open onClose={onClose} title="Keys of the editor" about="The keyboard alone suffices." width={520}>
      <KeyList keys={KEYS} width={170} />
    </Dialog>
  );
}

/** The document, or a Python module that builds the same graph. */
export function ExportDialog({ document, form, name, onClose }: { document: GraphDocument; form: "json" | "python"; name: string; onClose: () => void }): ReactNode {
  const [code, setCode] = useState<string | null>(form === "json" ? JSON.stringify(document, null, 2) : null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let over = false;
    if (form === "python")
      pythonOf(document).then(
        (text) => (over ? undefined : setCode(text)),
        (problem: unknown) => (over ? undefined : setError(problem)),
      );
    return () => {
      over = true;
    };
  }, [document, form]);
  const file = `${name || "graph"}${form === "json" ? ".json" : ".py"}`;
  return (
    <Dialog open onClose={onClose} title={form === "json" ? "Document" : "Python module"} about={form === "json" ? "ConditionalGraph.from_dict() reads it." : "The module builds the same graph."} width={760}>
      <div className="min-h-0 overflow-auto px-4 pb-4">
        {error ? (
          <Problem error={error} />
        ) : code === null ? (
          <Skeleton rows={6} height={22} />
        ) : (
          <pre data-export tabIndex={0} className="m-0 rounded-md bg-sunken p-3 leading-[18px] whitespace-pre">
            {code}
          </pre>
        )}
      </div>
      <DialogButtons>
        {code === null ? null : <CopyButton text={code} label="Copy" />}
        <Button kind="primary" icon="download" disabled={code === null} onClick={() => download(file, new Blob([code ?? ""], { type: form === "json" ? "application/json" : "text/x-python" }))}>
          Download {file.length > 40 ? "the file" : file}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

/** Takes a document from a text or a file in place of what is shown; undo brings the old one back. */
export function ImportDialog({ onClose, onImport }: { onClose: () => void; onImport: (sheet: Sheet) => void }): ReactNode {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const take = (): void => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      setProblem(`This is not JSON. ${error instanceof Error ? error.message : ""}`);
      return;
    }
    const refusal = unreadable(value);
    if (refusal) {
      setProblem(refusal);
      return;
    }
    onImport({ document: value as GraphDocument, layout: { nodes: {} } });
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title="Import a document" about="A graph as to_dict() writes it. A Python module is imported by: celery orchestrator graph import." width={640}>
      <DialogBody>
        <textarea aria-label="Document" dir="ltr" spellCheck={false} placeholder='{"version": 1, "nodes": […], "edges": […]}' className={`${INPUT} h-56 py-1 font-mono text-[12px]`} value={text} onChange={(event) => setText(event.target.value)} />
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          aria-label="File"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen) void chosen.text().then(setText);
          }}
        />
        {problem ? <Note tone="failed">{problem}</Note> : null}
      </DialogBody>
      <DialogButtons>
        <Button onClick={() => file.current?.click()}>Open a file…</Button>
        <span className="flex-1" />
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" disabled={!text.trim()} onClick={take}>
          Import
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
