/** Trying out: a dry run with stand-in results, or a test run on real workers. */
import { useState, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { FIELD, INPUT } from "@/parts/dialog";
import { Note } from "@/parts/states";
import { dryRun, testRun, type DryRun, type Step } from "../api";
import { useEditor, useSessionState } from "../page/context";
import { JsonField, Section } from "../inspector/fields";
import { isObject, type GraphDocument, type Json } from "../model/document";
import { displayName } from "../model/lines";
import { dryInput, type StandIns } from "./stand-ins";
import { TestRun } from "./test-run";
import { ofSteps, short, type Trial } from "./trial-model";

export interface TrialState {
  input: StandIns;
  dry: DryRun | null;
  steps: number;
  /** The graph to which the dry run belongs. */
  document: GraphDocument | null;
  run: string | null;
}

export const NO_TRIAL: TrialState = { input: { args: [], kwargs: {}, results: {}, errors: {}, decisions: {}, routes: {} }, dry: null, steps: 0, document: null, run: null };

interface Props {
  state: TrialState;
  onState: (change: Partial<TrialState>) => void;
  onTrial: (trial: Trial | null, samples: { nodes: Record<string, unknown>; input?: unknown } | null) => void;
}

export function TrialPanel({ state, onState, onTrial }: Props): ReactNode {
  const { session, marks } = useEditor();
  const { history, selection } = useSessionState(session);
  const may = useSession().data?.verbs ?? [];
  const [busy, setBusy] = useState<"" | "dry" | "test">("");
  const [error, setError] = useState<unknown>(null);
  const { document } = history.now;
  const { input, dry, steps } = state;
  const setInput = (change: Partial<StandIns>): void => onState({ input: { ...input, ...change } });
  const show = (found: DryRun, count: number, graph: GraphDocument): void => {
    onState({ dry: found, steps: count, document: graph, run: null });
    onTrial(ofSteps(graph, found, count), { nodes: Object.fromEntries(found.steps.map((step) => [step.node, step.value])), input: input.args[0] });
  };
  const start = async (kind: "dry" | "test"): Promise<void> => {
    setBusy(kind);
    setError(null);
    try {
      session.open([]);
      if (kind === "dry") {
        const found = await dryRun(dryInput(document, input));
        show(found, found.steps.length, document);
      } else {
        const run = await testRun({ document, args: input.args, kwargs: input.kwargs });
        onTrial(null, null);
        onState({ run: run.id, dry: null, steps: 0, document });
      }
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy("");
    }
  };
  const clear = (): void => {
    onState({ dry: null, steps: 0, run: null });
    onTrial(null, null);
  };
  const selected = document.nodes.find((node) => selection.nodes.has(node.name));
  const wrong = marks.nodes.size + marks.lines.size;
  return (
    <>
      <div className="flex flex-col gap-3 px-3 py-3">
        <JsonField label="Input" hint='Arguments of the run as a list, such as [{"order": 1}].' value={input.args} empty={[]} onChange={(args) => (Array.isArray(args) ? setInput({ args: args as Json[] }) : undefined)} />
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" icon="play" busy={busy === "dry"} onClick={() => void start("dry")}>
            Dry run
          </Button>
          <Button icon="workers" busy={busy === "test"} refusal={may.includes("run") ? (wrong ? "Solve the problems first: workers run only a valid graph." : null) : "Your role does not allow to run."} onClick={() => void start("test")}>
            Test run on workers
          </Button>
          {dry || state.run ? (
            <Button kind="quiet" onClick={clear}>
              Clear
            </Button>
          ) : null}
        </div>
        <p className="m-0 text-sm text-muted">A dry run calls no task: it takes the results below. A test run calls the tasks for real.</p>
        {error ? <Note tone="failed">{problemOf(error).detail || problemOf(error).title}</Note> : null}
      </div>
      {state.run ? <TestRun run={state.run} document={state.document ?? document} onTrial={onTrial} /> : null}
      {dry ? <Steps dry={dry} steps={steps} stale={state.document !== document} onSteps={(count) => show(dry, count, state.document ?? document)} /> : null}
      <Section title="Results that stand in for tasks">
        {document.nodes.length ? null : <p className="m-0 text-muted">The graph has no nodes yet.</p>}
        {document.nodes.map((node) => (
          <StandIn key={node.name} routed={document.edges.some((edge) => edge.from === node.name && edge.router)} name={node.name} approval={Boolean(node.approval)} input={input} onInput={setInput} open={selected?.name === node.name} />
        ))}
      </Section>
    </>
  );
}

function Steps({ dry, steps, stale, onSteps }: { dry: DryRun; steps: number; stale: boolean; onSteps: (count: number) => void }): ReactNode {
  return (
    <Section title={`Way, ${dry.steps.length} steps`}>
      {stale ? <Note tone="suspended">The graph has changed since. Start the dry run again.</Note> : null}
      <div className="flex items-center gap-2">
        <Button small icon="chevronRight" className="rotate-180" aria-label="One step back" disabled={steps <= 0} onClick={() => onSteps(steps - 1)} />
        <input type="range" aria-label="Steps that are shown" className="min-w-0 flex-1 accent-[var(--accent)]" min={0} max={dry.steps.length} value={steps} onChange={(event) => onSteps(Number(event.target.value))} />
        <Button small icon="chevronRight" aria-label="One step on" disabled={steps >= dry.steps.length} onClick={() => onSteps(steps + 1)} />
      </div>
      <ol data-steps className="m-0 -mx-1 flex list-none flex-col p-0">
        {dry.steps.map((step, index) => (
          <li key={index}>
            <button type="button" className={`flex w-full min-w-0 items-baseline gap-2 rounded-md px-1 py-[3px] text-left hover:bg-quiet-soft ${index === steps - 1 ? "bg-accent-soft" : index >= steps ? "text-muted" : ""}`} onClick={() => onSteps(index + 1)}>
              <span className="w-5 shrink-0 text-right text-sm text-muted">{index + 1}</span>
              <bdi className="max-w-[45%] shrink-0 truncate font-[550]">
                {displayName(step.node)}
                {step.visit > 1 ? ` ×${step.visit}` : ""}
              </bdi>
              <code title={JSON.stringify(step.value)} className={`min-w-0 flex-1 truncate text-[11px] ${step.outcome === "failed" ? "text-failed" : "text-muted"}`}>
                {told(step)}
              </code>
            </button>
          </li>
        ))}
      </ol>
      {dry.error ? (
        <Note tone="failed">
          Fails with <b className="font-[580]">{dry.error.type}</b>: {dry.error.message}
        </Note>
      ) : (
        <p className="m-0">
          Result: <code className="break-all">{short(dry.result)}</code>
        </p>
      )}
    </Section>
  );
}

function told(step: Step): string {
  if (step.outcome === "failed") return isObject(step.value) && typeof step.value["type"] === "string" ? String(step.value["type"]) : "failed";
  return step.assumed ? "null, assumed" : short(step.value);
}

function StandIn(props: StandInProps): ReactNode {
  const { name, routed, input, onInput } = props;
  return (
    <>
      <OwnStandIn {...props} />
      {routed ? (
        <label className="flex items-center gap-2 pl-3 text-muted">
          <span className="w-[80px] shrink-0 truncate">its router</span>
          <input aria-label={`Key of the router of ${name}`} className={`${INPUT} font-mono text-[12px]`} placeholder='key as JSON, such as "paid"' aria-invalid={badResult(input.routes[name] ?? "")} value={input.routes[name] ?? ""} onChange={(event) => onInput({ routes: { ...input.routes, [name]: event.target.value } })} />
        </label>
      ) : null}
    </>
  );
}

interface StandInProps {
  name: string;
  approval: boolean;
  routed: boolean;
  input: StandIns;
  onInput: (change: Partial<StandIns>) => void;
  open: boolean;
}

function OwnStandIn({ name, approval, input, onInput, open }: StandInProps): ReactNode {
  const failing = input.errors[name];
  if (approval)
    return (
      <label className="flex items-center gap-2">
        <bdi className={`min-w-0 flex-1 truncate ${open ? "font-[580]" : ""}`}>{name}</bdi>
        <select aria-label={`Decision of ${name}`} className={`${FIELD} w-[128px]`} value={input.decisions[name] ?? "approved"} onChange={(event) => onInput({ decisions: { ...input.decisions, [name]: event.target.value } })}>
          <option>approved</option>
          <option>rejected</option>
        </select>
      </label>
    );
  const text = input.results[name] ?? "";
  const setError = (error: { type: string; message: string } | undefined): void => onInput({ errors: Object.fromEntries(Object.entries({ ...input.errors, [name]: error }).filter(([, each]) => each !== undefined)) as StandIns["errors"] });
  return (
    <div className="flex items-center gap-2">
      <bdi title={name} className={`w-[92px] shrink-0 truncate ${open ? "font-[580]" : ""}`}>
        {name}
      </bdi>
      {failing ? (
        <input aria-label={`Error of ${name}`} className={`${INPUT} font-mono text-[12px] text-failed`} placeholder="class of the error" value={failing.type} onChange={(event) => setError({ type: event.target.value, message: "stand-in" })} />
      ) : (
        <input
          aria-label={`Result of ${name}`}
          className={`${INPUT} font-mono text-[12px]`}
          placeholder="JSON; | between visits"
          aria-invalid={badResult(text)}
          value={text}
          onChange={(event) => onInput({ results: { ...input.results, [name]: event.target.value } })}
        />
      )}
      <Button small kind={failing ? "danger" : "quiet"} icon="failed" aria-pressed={Boolean(failing)} aria-label={`${name} fails`} title={failing ? "Succeeds again" : "Let it fail"} onClick={() => setError(failing ? undefined : { type: "ValueError", message: "stand-in" })} />
    </div>
  );
}

function badResult(text: string): boolean {
  return text.trim() !== "" && dryInput({ version: 1, nodes: [], edges: [] }, { args: [], kwargs: {}, results: { x: text }, errors: {}, decisions: {}, routes: {} }).results["x"] === undefined;
}
