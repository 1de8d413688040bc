/** What can be set at one node. */
import { useState, type ReactNode } from "react";
import { Button } from "@/parts/button";
import { Field, INPUT } from "@/parts/dialog";
import { Icon } from "@/parts/icons";
import { Note } from "@/parts/states";
import { lookOf } from "../canvas/node-view";
import { useEditor, useSessionState } from "../page/context";
import { changeNode, changeSignature, deleteParts } from "../model/commands";
import { GRAPH, nestedIn, START, SWARM, type ApprovalBody, type NodeEntry, type Signature } from "../model/document";
import { displayName, linesOf } from "../model/lines";
import { nameProblem, renameNode } from "../model/names";
import { ArgumentsSection } from "./arguments";
import { TASK_NAMES } from "./task-names";
import { ExpressionInput } from "./expression-input";
import { CheckField, ChoiceField, JsonField, NumberField, Section, TextField } from "./fields";
import { RetryFields } from "./retry-fields";
import { useSample } from "./sample";
import { SwarmSections } from "./swarm-section";

export function NodeInspector({ node }: { node: NodeEntry }): ReactNode {
  const editor = useEditor();
  const { session, marks } = editor;
  const { path } = useSessionState(session);
  const set = (field: string, change: Parameters<typeof changeNode>[3]): void => session.do(`change ${field} of ${node.name}`, (sheet) => changeNode(sheet, path, node.name, change), { merge: `${node.name}\n${field}` });
  const setSignature = (change: Partial<Signature>, field: string): void => session.do(`change ${field} of ${node.name}`, (sheet) => changeSignature(sheet, path, node.name, change), { merge: `${node.name}\n${field}` });
  const sample = useSample(node.name);
  const names = session.graph.nodes.map(({ name }) => name);
  const look = lookOf(node);
  const { signature } = node;
  const problems = marks.nodes.get(node.name) ?? [];
  return (
    <>
      <div className="flex flex-col gap-3 px-3 pt-3 pb-3">
        <div className="flex items-center gap-2 text-muted">
          <Icon name={look.icon} size={13} />
          <bdi title={look.word} className="min-w-0 flex-1 truncate text-sm">
            {look.word}
          </bdi>
          <Button small kind="quiet" icon="deleted" aria-label={`Delete ${node.name}`} title="Delete" onClick={() => session.do(`delete ${node.name}`, (sheet) => deleteParts(sheet, path, new Set([node.name]), new Set()))} />
        </div>
        {problems.map((text) => (
          <Note key={text} tone="failed">
            {text}
          </Note>
        ))}
        <NameField key={node.name} node={node} />
        {nestedIn(node) ? (
          <Button icon="graphs" className="self-start" onClick={() => session.open([...path, node.name])}>
            Open the nested graph
          </Button>
        ) : null}
        {signature && !signature.subtask_type ? <TaskField value={signature.task} onChange={(task) => setSignature({ task }, "task")} /> : null}
      </div>
      {node.approval ? <ApprovalSection value={node.approval} onChange={(approval, field) => set(field, { approval })} /> : null}
      {signature?.subtask_type === SWARM ? <SwarmSections signature={signature} onChange={setSignature} /> : null}
      {signature && !signature.subtask_type ? <ArgumentsSection node={node} task={editor.tasks.get(signature.task)} onSignature={setSignature} onInputs={(inputs, field) => set(field, { inputs })} names={names} sample={sample} /> : null}
      {signature?.subtask_type && signature.subtask_type !== GRAPH && signature.subtask_type !== SWARM ? (
        <Section title="Signature">
          <JsonField label="As JSON" value={signature} onChange={(next) => (next && typeof next === "object" && "task" in next ? set("signature", { signature: next as Signature }) : undefined)} />
        </Section>
      ) : null}
      <Section title="When it runs">
        <ChoiceField
          label="Where branches meet"
          value={node.join ?? ""}
          options={[
            ["", "Alternatives merge: takes the one result"],
            ["all", "Join all: waits, takes the list of results"],
            ["any", "Join any: takes the first result"],
          ]}
          onChange={(join) => set("join", { join: join || undefined })}
        />
        <NumberField label="Visits at most" least={1} value={node.max_visits} placeholder={`${session.graph.max_visits ?? 25}, as the graph`} onChange={(max_visits) => set("max_visits", { max_visits })} />
      </Section>
      {node.approval ? null : (
        <>
          <Section title="For each element of a list">
            <CheckField label="Run once for each element" checked={node.map_over !== undefined} onChange={(on) => set("map_over", on ? { map_over: ["result"] } : { map_over: undefined, max_concurrency: undefined })} />
            {node.map_over === undefined ? null : (
              <>
                <ExpressionInput label="List" value={node.map_over} names={names} sample={sample} problem={null} onChange={(map_over) => set("map_over", { map_over })} />
                <NumberField label="At the same time at most" least={1} placeholder="no limit" value={node.max_concurrency} onChange={(max_concurrency) => set("max_concurrency", { max_concurrency })} />
              </>
            )}
          </Section>
          <Section title="Retry">
            <RetryFields value={node.retry} inherited={session.graph.retry ? `${session.graph.retry.attempts}, as the graph` : "1, no retry"} onChange={(retry) => set("retry", { retry })} />
          </Section>
        </>
      )}
      <EdgesSection name={node.name} />
    </>
  );
}

function NameField({ node }: { node: NodeEntry }): ReactNode {
  const { session } = useEditor();
  const { path } = useSessionState(session);
  const [text, setText] = useState(node.name);
  const wrong = text === node.name ? null : nameProblem(session.graph, text, node.name);
  const rename = (): void => {
    if (wrong || text === node.name) return;
    session.do(`rename ${node.name}`, (sheet) => renameNode(sheet, path, node.name, text), { select: { nodes: new Set([text]) } });
  };
  return (
    <Field label="Name" error={wrong ?? undefined}>
      <input
        dir="auto"
        data-first-field
        className={INPUT}
        aria-invalid={Boolean(wrong)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={rename}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            rename();
          }
        }}
      />
    </Field>
  );
}

function TaskField({ value, onChange }: { value: string; onChange: (task: string) => void }): ReactNode {
  const { tasks, tasksKnown } = useEditor();
  const doc = tasks.get(value)?.doc;
  return (
    <Field label="Task" hint={doc} error={tasksKnown && !tasks.has(value) ? "No live worker has this task. Choose another one, or start a worker that has it." : undefined}>
      <input className={`${INPUT} font-mono text-[12px]`} list={TASK_NAMES} value={value} spellCheck={false} onChange={(event) => (event.target.value ? onChange(event.target.value) : undefined)} />
    </Field>
  );
}

function ApprovalSection({ value, onChange }: { value: ApprovalBody; onChange: (value: ApprovalBody, field: string) => void }): ReactNode {
  const change = (part: Partial<ApprovalBody>, field: string): void => onChange(Object.fromEntries(Object.entries({ ...value, ...part }).filter(([, each]) => each !== undefined)) as ApprovalBody, field);
  return (
    <Section title="Approval">
      <TextField area label="Message" hint="The person who decides reads it." value={value.message ?? ""} onChange={(message) => change({ message: message || undefined }, "message")} />
      <NumberField label="Timeout, seconds" least={0.001} whole={false} placeholder="waits without a limit" value={value.timeout} onChange={(timeout) => change(timeout === undefined ? { timeout: undefined, on_timeout: undefined } : { timeout, on_timeout: value.on_timeout ?? "reject" }, "timeout")} />
      {value.timeout ? (
        <ChoiceField
          label="After the timeout"
          value={value.on_timeout ?? "reject"}
          options={[
            ["reject", "Reject"],
            ["approve", "Approve"],
            ["fail", "Fail"],
          ]}
          onChange={(on_timeout) => change({ on_timeout }, "on_timeout")}
        />
      ) : null}
    </Section>
  );
}

/** The edges of a node, and how to add one without a mouse. */
export function EdgesSection({ name }: { name: string }): ReactNode {
  const editor = useEditor();
  const { session } = editor;
  const lines = linesOf(session.graph);
  const out = lines.filter((line) => line.source === name);
  const into = lines.filter((line) => line.target === name);
  const row = (id: string, text: string, label: string): ReactNode => (
    <button key={id} type="button" className="flex w-full items-center gap-2 rounded-md px-2 py-[3px] text-left hover:bg-quiet-soft" onClick={() => session.select({ lines: new Set([id]) })}>
      <bdi className="min-w-0 flex-1 truncate">{text}</bdi>
      <bdi className="max-w-[55%] truncate text-sm text-faint">{label || "always"}</bdi>
    </button>
  );
  return (
    <Section title="Edges">
      <div className="-mx-2 flex flex-col">
        {out.map((line) => row(line.id, `→ ${displayName(line.target)}`, line.label))}
        {into.map((line) => row(line.id, `← ${displayName(line.source)}`, line.label))}
        {out.length + into.length ? null : <p className="m-0 px-2 text-sm text-muted">No edge leads here or away.</p>}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button small icon="link" onClick={() => editor.ask({ kind: "connect", source: name, error: false })}>
          Connect to…
        </Button>
        {name === START ? null : (
          <Button small icon="failed" onClick={() => editor.ask({ kind: "connect", source: name, error: true })}>
            On error, go to…
          </Button>
        )}
      </div>
    </Section>
  );
}
