/** What can be set at one edge, and at the rule of which it is a part. */
import type { ReactNode } from "react";
import { Button } from "@/parts/button";
import { Field, INPUT } from "@/parts/dialog";
import { Note } from "@/parts/states";
import { useEditor, useSessionState } from "../page/context";
import { changeGraph, deleteParts, drawnNames, signatureOf } from "../model/commands";
import { END, START, type GraphBody, type Json } from "../model/document";
import { changeEdge, changeKind, DECISIONS, moveBranch, setCondition, setKey, setTarget, type Changed } from "../model/edges";
import { displayName, linesOf, type Line, type LineKind } from "../model/lines";
import { ConditionInput } from "./expression-input";
import { CheckField, ChoiceField, JsonField, Section, WordsField } from "./fields";
import { useSample } from "./sample";

const KINDS: readonly (readonly [LineKind, string])[] = [
  ["always", "Always"],
  ["condition", "If a condition holds"],
  ["otherwise", "Otherwise"],
  ["key", "By the key that a router or approval returns"],
  ["error", "On an error"],
];

export function EdgeInspector({ line }: { line: Line }): ReactNode {
  const { session, marks } = useEditor();
  const { path } = useSessionState(session);
  const graph = session.graph;
  const edge = graph.edges[line.edge];
  const sample = useSample(line.source);
  if (!edge) return null;
  const set = (label: string, change: (graph: GraphBody) => GraphBody, merge?: string): void => session.do(label, (sheet) => changeGraph(sheet, path, change), merge ? { merge: `${line.id}\n${merge}` } : {});
  const follow = (label: string, change: (graph: GraphBody) => Changed): void => {
    const made = change(session.graph);
    session.do(label, (sheet) => changeGraph(sheet, path, () => made.graph), made.line ? { select: { lines: new Set([made.line]) } } : {});
  };
  const approval = graph.nodes.some((node) => node.name === line.source && node.approval);
  const row = typeof line.branch === "number" ? line.branch : -1;
  const rule = Boolean(edge.when ?? edge.keys);
  const problems = marks.lines.get(line.id) ?? [];
  const hasRule = graph.edges.some((each) => each.from === line.source && (each.when ?? each.keys));
  const kinds = KINDS.filter(([kind]) => kind === line.kind || ((kind !== "error" || line.source !== START) && (kind !== "otherwise" || (hasRule && !rule))));
  return (
    <>
      <div className="flex flex-col gap-3 px-3 pt-3 pb-3">
        <div className="flex items-center gap-2">
          <bdi className="min-w-0 flex-1 truncate font-[560]">
            {displayName(line.source)} → {displayName(line.target)}
          </bdi>
          <Button small kind="quiet" icon="deleted" aria-label="Delete this edge" title="Delete" onClick={() => session.do("delete an edge", (sheet) => deleteParts(sheet, path, new Set(), new Set([line.id])))} />
        </div>
        {problems.map((text) => (
          <Note key={text} tone="failed">
            {text}
          </Note>
        ))}
        <Field label="Taken">
          <select data-first-field className={INPUT} value={line.kind} onChange={(event) => follow("change the kind of an edge", (old) => changeKind(old, line.edge, line.branch, event.target.value as LineKind))}>
            {kinds.map(([kind, words]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Leads to">
          <select className={INPUT} value={line.target} onChange={(event) => set("lead an edge elsewhere", (old) => setTarget(old, line.edge, line.branch, event.target.value))}>
            {drawnNames(graph).filter((name) => name !== START).map((name) => (
              <option key={name} value={name}>
                {displayName(name)}
              </option>
            ))}
            {drawnNames(graph).includes(line.target) ? null : <option value={line.target}>{line.target} (no such node)</option>}
          </select>
        </Field>
        {edge.when && row >= 0 ? (
          <ConditionInput label="When" value={edge.when[row]?.[0] ?? null} names={graph.nodes.map(({ name }) => name)} sample={sample} problem={problems[0] ?? null} onChange={(next) => set("change a condition", (old) => setCondition(old, line.edge, row, next), "condition")} />
        ) : null}
        {edge.keys && row >= 0 ? (
          approval && !edge.router ? (
            <ChoiceField label="Decision" value={String(edge.keys[row]?.[0])} options={keyOptions(String(edge.keys[row]?.[0]))} onChange={(key) => set("change a key", (old) => setKey(old, line.edge, row, key))} />
          ) : (
            <JsonField label="Key" hint='Text in quotes, such as "paid", a whole number, true, false or null.' value={edge.keys[row]?.[0]} onChange={(key) => (isKey(key) ? set("change a key", (old) => setKey(old, line.edge, row, key), "key") : undefined)} />
          )
        ) : null}
        {line.kind === "error" ? <WordsField label="Errors" hint="Names of error classes, separated by commas." placeholder="any error" value={edge.error ?? []} onChange={(error) => set("change errors", (old) => changeEdge(old, line.edge, { error: error.length ? error : null }), "error")} /> : null}
      </div>
      {rule ? <RuleSection line={line} set={set} follow={follow} /> : null}
    </>
  );
}

function keyOptions(own: string): [string, string][] {
  const known: [string, string][] = DECISIONS.map((decision) => [decision, decision]);
  return DECISIONS.some((decision) => decision === own) ? known : [...known, [own, `${own} (no decision)`]];
}

function isKey(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isInteger(value);
}

/** All targets of the rule in their order, and what holds for all of them. */
function RuleSection({ line, set, follow }: { line: Line; set: (label: string, change: (graph: GraphBody) => GraphBody, merge?: string) => void; follow: (label: string, change: (graph: GraphBody) => Changed) => void }): ReactNode {
  const { session } = useEditor();
  const edge = session.graph.edges[line.edge];
  if (!edge) return null;
  const lines = linesOf(session.graph).filter((each) => each.edge === line.edge);
  const rows = (edge.when ?? edge.keys ?? []).length;
  const move = (row: number, step: number): void =>
    follow("change the order of conditions", (graph) => {
      const moved = line.branch === row ? row + step : line.branch === row + step ? row : line.branch;
      return { graph: moveBranch(graph, line.edge, row, step), line: `${line.edge}:${moved}` };
    });
  return (
    <Section title={`All edges of this rule out of ${displayName(line.source)}`}>
      <ol className="m-0 -mx-1 flex list-none flex-col p-0">
        {lines.map((each, index) => (
          <li key={each.id} className={`flex items-center gap-1 rounded-md px-1 ${each.id === line.id ? "bg-accent-soft" : ""}`}>
            <button type="button" className="flex min-w-0 flex-1 items-center gap-2 py-[3px] text-left" onClick={() => session.select({ lines: new Set([each.id]) })}>
              <span className="w-4 shrink-0 text-right text-sm text-muted">{typeof each.branch === "number" ? each.branch + 1 : "–"}</span>
              <bdi className="min-w-0 flex-1 truncate text-sm">{each.label}</bdi>
              <bdi className="max-w-[40%] truncate text-sm text-muted">→ {displayName(each.target)}</bdi>
            </button>
            {typeof each.branch === "number" && rows > 1 ? (
              <>
                <Button small kind="quiet" icon="arrowUp" aria-label={`Try ${each.label} earlier`} disabled={index === 0} onClick={() => move(index, -1)} />
                <Button small kind="quiet" icon="arrowDown" aria-label={`Try ${each.label} later`} disabled={index === rows - 1} onClick={() => move(index, 1)} />
              </>
            ) : null}
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        <Button
          small
          icon="plus"
          onClick={() =>
            follow("add a branch", (graph) => {
              const old = graph.edges[line.edge];
              if (!old) return { graph, line: line.id };
              if (old.when) return { graph: changeEdge(graph, line.edge, { when: [...old.when, [true, END]] }), line: `${line.edge}:${old.when.length}` };
              const keys = old.keys ?? [];
              return { graph: changeEdge(graph, line.edge, { keys: [...keys, [`key ${keys.length + 1}`, END]] }), line: `${line.edge}:${keys.length}` };
            })
          }
        >
          {edge.when ? "Condition" : "Key"}
        </Button>
        {edge.otherwise === undefined ? (
          <Button small icon="plus" onClick={() => follow("add otherwise", (graph) => ({ graph: changeEdge(graph, line.edge, { otherwise: END }), line: `${line.edge}:otherwise` }))}>
            Otherwise
          </Button>
        ) : null}
      </div>
      <ChoiceField
        label="If several match"
        value={edge.mode ?? "first"}
        options={[
          ["first", "Take the first"],
          ["all", "Take all"],
        ]}
        onChange={(mode) => set("change the mode", (graph) => changeEdge(graph, line.edge, { mode }))}
      />
      {edge.when ? <CheckField label="Strict" hint="A condition that reads a missing value fails the node." checked={edge.strict === true} onChange={(strict) => set("change strict", (graph) => changeEdge(graph, line.edge, { strict: strict ? true : undefined }))} /> : null}
      {edge.keys ? <RouterField line={line} set={set} /> : null}
    </Section>
  );
}

function RouterField({ line, set }: { line: Line; set: (label: string, change: (graph: GraphBody) => GraphBody, merge?: string) => void }): ReactNode {
  const { session, tasks } = useEditor();
  const edge = session.graph.edges[line.edge];
  if (!edge) return null;
  return (
    <>
      <Field label="Router" hint="A task that returns the key. Without one, the result itself is the key.">
        <input className={`${INPUT} font-mono text-[12px]`} list="editor-routers" placeholder="none" value={edge.router?.task ?? ""} onChange={(event) => set("change the router", (graph) => changeEdge(graph, line.edge, { router: event.target.value ? { ...(edge.router ?? signatureOf("")), task: event.target.value } : undefined }), "router")} />
        <datalist id="editor-routers">
          {[...tasks.keys()].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </Field>
      {edge.router ? <JsonField label="Its arguments by name" value={edge.router.kwargs ?? {}} empty={{}} onChange={(kwargs) => (kwargs && typeof kwargs === "object" && !Array.isArray(kwargs) ? set("change arguments of the router", (graph) => changeEdge(graph, line.edge, { router: { ...(edge.router ?? signatureOf("")), kwargs: kwargs as Record<string, Json> } }), "router kwargs") : undefined)} /> : null}
    </>
  );
}
