/** The workbench: palette, canvas, panel, and what holds them together. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { queryClient } from "@/api/queries";
import { Button } from "@/parts/button";
import { Note } from "@/parts/states";
import { Tabs } from "@/parts/tabs";
import { Ago } from "@/parts/time";
import { toast } from "@/parts/toast";
import { readTasks, type SavedGraph, type Task } from "../api";
import { EditorCanvas, type CanvasHandle } from "../canvas/editor-canvas";
import { Inspector } from "../inspector/inspector";
import { TaskNames } from "../inspector/task-names";
import { isRounded, START, type Sheet } from "../model/document";
import type { Piece } from "../model/commands";
import { marksOf } from "../model/problems";
import { Session } from "../model/session";
import { Palette } from "../palette/palette";
import { TemplateDialog } from "../palette/template-dialog";
import { CompareDialog, type Comparing } from "../saving/compare-dialog";
import { SaveDialog } from "../saving/save-dialog";
import { VersionsPanel } from "../saving/versions-panel";
import type { Trial } from "../trial/trial-model";
import { NO_TRIAL, TrialPanel, type TrialState } from "../trial/trial-panel";
import { EditorContext, useSessionState, type Asked, type Editor } from "./context";
import { ConnectDialog, ExportDialog, ImportDialog, KeysDialog } from "./dialogs";
import { ProblemList } from "./problem-list";
import { Toolbar } from "./toolbar";
import { useClipboard } from "./use-clipboard";
import { useDraft } from "./use-draft";
import { useProblems } from "./use-problems";

interface Props {
  opened: Sheet;
  name: string;
  version: number;
  newest: number;
  onSaved: (saved: SavedGraph) => void;
  onOpen: (version: number) => void;
}

const NO_TASKS: readonly Task[] = [];
const PANELS = [
  { key: "inspect", title: "Inspector" },
  { key: "try", title: "Try out" },
  { key: "versions", title: "Versions" },
];

export function Workbench({ opened, name, version, newest, onSaved, onOpen }: Props): ReactNode {
  const [session] = useState(() => {
    const made = new Session(opened);
    // A new graph begins at START: the first task follows it.
    if (!opened.document.nodes.length) made.select({ nodes: new Set([START]) });
    return made;
  });
  const state = useSessionState(session);
  const [base, setBase] = useState(version);
  const [panel, setPanel] = useState("inspect");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [comparing, setComparing] = useState<Comparing | null>(null);
  const [trialState, setTrialState] = useState<TrialState>(NO_TRIAL);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [samples, setSamples] = useState<Editor["samples"]>({ nodes: {} });
  const canvas = useRef<CanvasHandle | null>(null);
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => readTasks(signal), refetchInterval: 15_000 });
  const list = tasks.data ?? NO_TASKS;
  const { document } = state.history.now;
  const checked = useProblems(document);
  const marks = useMemo(() => marksOf(document, checked.problems, state.path), [document, checked.problems, state.path]);
  const drafts = useDraft(session, state, name, base, setBase);
  const save = useCallback(() => {
    if (isRounded(session.snapshot().saved.document)) toast("This graph holds whole numbers beyond 2^53, which a browser rounds: change it in Python.", { tone: "failed" });
    else if (session.dirty) setAsked({ kind: "save" });
    else toast("There is nothing to save.");
  }, [session]);
  const onAdd = useCallback((piece: Piece) => canvas.current?.add(piece), []);
  const onTemplate = useCallback((template: string) => setAsked({ kind: "template", name: template }), []);
  const keys = useCallback(() => setAsked({ kind: "keys" }), []);
  useClipboard(session, save, keys);
  const editor = useMemo((): Editor => ({ session, tasks: new Map(list.map((task) => [task.name, task])), tasksKnown: tasks.isSuccess, marks, trial, samples, compared: null, ask: setAsked }), [session, list, tasks.isSuccess, marks, trial, samples]);
  const onTrial = useCallback((shown: Trial | null, values: Editor["samples"] | null) => {
    setTrial(shown);
    if (values) setSamples(values);
  }, []);
  const inspect = useCallback(() => {
    setPanel("inspect");
    // The forms of a part that was chosen just now follow the canvas.
    const focus = (tries: number): void => {
      const part = window.document.querySelector<HTMLElement>("[data-inspector]");
      if (part) (part.querySelector<HTMLElement>("[data-first-field]") ?? part.querySelector<HTMLElement>("input, button"))?.focus();
      else if (tries) requestAnimationFrame(() => focus(tries - 1));
    };
    requestAnimationFrame(() => focus(300));
  }, []);
  const saved = (answer: SavedGraph, sheet: Sheet): void => {
    // The name that the first save gave to the graph is part of what is edited from now on.
    if (sheet.document !== session.sheet.document) session.do("name the graph", (now) => ({ ...now, document: sheet.document }));
    session.markSaved(session.sheet);
    setBase(answer.version);
    toast(`${answer.name} is saved as version ${answer.version}.`);
    void queryClient.invalidateQueries({ queryKey: ["graph-versions", answer.name] });
    void queryClient.invalidateQueries({ queryKey: ["graphs"] });
    void queryClient.invalidateQueries({ queryKey: ["signatures"] });
    onSaved(answer);
  };
  const close = (): void => {
    setAsked(null);
    requestAnimationFrame(() => canvas.current?.focus());
  };
  return (
    <EditorContext.Provider value={editor}>
      <div className="flex h-[calc(100dvh-32px)] min-h-[520px] flex-col max-lg:h-auto">
        <Toolbar name={name} base={base} newest={newest} checked={checked} onSave={save} />
        {drafts.offered ? (
          <div className="mb-2">
            <Note tone="suspended">
              <div className="flex flex-wrap items-center gap-2">
                <span className="min-w-0 flex-1">
                  There are unsaved changes of this graph from <Ago time={new Date(drafts.offered.saved).toISOString()} />
                  {drafts.offered.base === base ? "." : `, begun from version ${drafts.offered.base}.`}
                </span>
                <Button small kind="primary" onClick={drafts.restore}>
                  Restore them
                </Button>
                <Button small onClick={drafts.discard}>
                  Discard
                </Button>
              </div>
            </Note>
          </div>
        ) : null}
        <div className="grid min-h-0 flex-1 grid-cols-[196px_minmax(0,1fr)_308px] overflow-hidden rounded-lg border border-line bg-surface shadow-card max-lg:grid-cols-1">
          <aside aria-label="Palette" className="min-h-0 border-r border-line max-lg:h-[210px] max-lg:border-r-0 max-lg:border-b">
            <Palette tasks={list} error={tasks.error} onAdd={onAdd} onTemplate={onTemplate} />
          </aside>
          <div className="flex min-h-0 min-w-0 flex-col max-lg:h-[62vh]">
            <div className="min-h-0 flex-1">
              <EditorCanvas handle={canvas} onInspect={inspect} />
            </div>
            <ProblemList document={document} checked={checked} session={session} onShow={(node) => canvas.current?.show(node)} />
          </div>
          <aside aria-label="Panel" className="flex min-h-0 flex-col border-l border-line max-lg:border-t max-lg:border-l-0">
            <div className="px-3">
              <Tabs tabs={PANELS} current={panel} onChange={setPanel} label="Panel" />
            </div>
            <div className="min-h-0 flex-1 overflow-y-auto">
              {panel === "try" ? (
                <TrialPanel state={trialState} onState={(change) => setTrialState((old) => ({ ...old, ...change }))} onTrial={onTrial} />
              ) : panel === "versions" ? (
                <VersionsPanel
                  name={name}
                  base={base}
                  dirty={session.dirty}
                  onOpen={onOpen}
                  onCompare={(old, now) => setComparing({ name, old, now: now === "mine" ? { sheet: session.sheet } : now })}
                  onRolledBack={(answer) => {
                    toast(`${answer.name} is rolled back: version ${answer.version}.`);
                    onOpen(answer.version);
                  }}
                />
              ) : (
                <Inspector />
              )}
            </div>
          </aside>
        </div>
      </div>
      <TaskNames tasks={list} />
      {asked?.kind === "connect" ? <ConnectDialog session={session} source={asked.source} error={asked.error} onClose={close} /> : null}
      {asked?.kind === "keys" ? <KeysDialog onClose={close} /> : null}
      {asked?.kind === "template" ? <TemplateDialog name={asked.name} tasks={list.map((task) => task.name)} onClose={close} onBuilt={(built) => canvas.current?.insert(built)} /> : null}
      {asked?.kind === "export" ? <ExportDialog document={document} form={asked.form} name={name || document.name || ""} onClose={close} /> : null}
      {asked?.kind === "import" ? (
        <ImportDialog
          onClose={close}
          onImport={(sheet) => {
            session.open([]);
            session.do("import a document", () => sheet, { select: {} });
            canvas.current?.arrange();
          }}
        />
      ) : null}
      {asked?.kind === "save" ? <SaveDialog problems={checked.problems.length} sheet={state.history.now} name={name} base={base} onClose={close} onSaved={saved} /> : null}
      {comparing ? <CompareDialog comparing={comparing} onClose={() => setComparing(null)} /> : null}
    </EditorContext.Provider>
  );
}
