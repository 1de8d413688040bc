/** Everything about one node: data, error, attempts, checkpoint, callbacks, its verbs. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { get, post, type Schemas } from "@/api/client";
import { ENDED, usePace, useSession } from "@/api/queries";
import { AnswerForm } from "@/pages/approvals/answer-form";
import { Button, CopyButton } from "@/parts/button";
import { JsonView } from "@/parts/json-view";
import { Bar } from "@/parts/progress";
import { ErrorState, Note, Skeleton } from "@/parts/states";
import { StatusBadge, StatusIcon } from "@/parts/status";
import { Ago, Countdown, Duration } from "@/parts/time";
import { toast, toastError } from "@/parts/toast";
import { Traceback } from "@/parts/traceback";
import type { TabProps } from "./run-page";
import { refreshRun } from "./run-verbs";

type NodeView = Schemas["NodeView"];

export function Shown({ title, shown }: { title: string; shown: Schemas["Shown"] | null | undefined }): ReactNode {
  if (!shown || isNothing(shown.value)) return null;
  return (
    <div className="mb-3">
      <h3 className="mb-1 text-sm font-[580] text-faint">{title}</h3>
      <JsonView value={shown.value} label={title} />
      {shown.cut ? <p className="m-0 mt-1 text-sm text-faint">Too large to show whole: the rest is cut.</p> : shown.exact === false ? <p className="m-0 mt-1 text-sm text-faint">Not JSON: shown as text.</p> : null}
    </div>
  );
}

function isNothing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0) || (value !== null && typeof value === "object" && Object.keys(value).length === 0);
}

export function NodePanel({ run, node, detail, onNode }: TabProps & { node: string }): ReactNode {
  const ended = ENDED.has(detail.run.status);
  const pace = usePace(1500);
  const data = useQuery({
    queryKey: ["run", run, "node", node],
    queryFn: ({ signal }) => get("/api/runs/{run}/nodes/{node}", { run, node }, { limit: 20 }, signal),
    refetchInterval: ended ? false : pace,
  });
  const close = <Button small kind="quiet" icon="close" aria-label="Close the panel" onClick={() => onNode(null)} />;
  if (data.isPending) return <Skeleton rows={6} />;
  if (data.error && !data.data)
    return (
      <div>
        <div className="flex justify-end p-2">{close}</div>
        <ErrorState error={data.error} retry={() => void data.refetch()} />
      </div>
    );
  if (!data.data) return null;
  const { node: view, input, args, kwargs, result, checkpoint, parent } = data.data;
  const approval = detail.approvals.find((each) => each.node === view.id);
  return (
    <section aria-label={`Node ${view.name}`} className="px-[14px] pt-3 pb-4">
      <header className="flex items-start gap-2">
        <h2 className="min-w-0 flex-1 text-base font-[620] break-words">
          <bdi>{view.name || view.id}</bdi>
        </h2>
        <StatusBadge status={view.state} />
        {close}
      </header>
      <div className="mb-2 flex items-center text-muted">
        {view.kind} <code className="ml-2 max-w-[200px] truncate">{view.id}</code>
        <CopyButton text={view.id} label="Copy the id of the node" />
        {parent ? (
          <button type="button" className="ml-auto text-sm text-accent hover:underline" onClick={() => onNode(parent)}>
            up
          </button>
        ) : null}
      </div>
      {approval ? <AnswerForm approvals={[approval]} onDone={() => refreshRun(run)} /> : null}
      {view.progress && view.state === "RUNNING" ? <Reported progress={view.progress} /> : null}
      <Facts view={view} />
      {approval?.until ? (
        <Note tone="waiting">
          <Countdown until={approval.until} over="any moment" /> left, then {approval.on_timeout ?? "it fails"}
        </Note>
      ) : null}
      {view.error ? (
        <div className="mb-3">
          <Traceback {...view.error} />
        </div>
      ) : null}
      <Verbs run={run} view={view} detail={detail} onNode={onNode} />
      <Shown title="Input" shown={input} />
      <Shown title="Arguments" shown={args} />
      <Shown title="Keyword arguments" shown={kwargs} />
      <Shown title="Result" shown={result} />
      <Shown title="Checkpoint" shown={checkpoint} />
      <Others title="Callbacks" views={view.callbacks ?? []} onNode={onNode} />
      <Others title="Earlier visits" views={view.earlier ?? []} onNode={onNode} />
      {(view.children ?? []).length ? <Others title={`Holds ${view.children_total ?? 0}`} views={view.children ?? []} onNode={onNode} /> : null}
    </section>
  );
}

function Reported({ progress }: { progress: Schemas["NodeProgress"] }): ReactNode {
  return (
    <div className="mb-2">
      {progress.total ? <Bar counts={{ total: progress.total, done: progress.done }} /> : null}
      <div className="mt-1 flex justify-between text-sm text-muted">
        <bdi className="truncate">{progress.message}</bdi>
        <span>
          {progress.done}
          {progress.total ? ` of ${progress.total}` : ""}
        </span>
      </div>
    </div>
  );
}

function Facts({ view }: { view: NodeView }): ReactNode {
  const rows: [string, ReactNode][] = [];
  if (view.started) rows.push(["Took", <Duration key="t" from={view.started} to={view.finished} />]);
  if (view.queued && view.started) rows.push(["Waited", <Duration key="w" from={view.queued} to={view.started} />]);
  if (view.started) rows.push(["Started", <Ago key="s" time={view.started} />]);
  if ((view.attempts ?? 0) > 1) rows.push(["Attempts", view.attempts]);
  if ((view.visits ?? 1) > 1) rows.push(["Visits", view.visits]);
  if (view.worker) rows.push(["Worker", <code key="k" title={view.worker}>{view.worker.split("/")[0]}</code>]);
  if (view.answer) rows.push(["Answer", `${view.answer.decision}${view.answer.by ? ` by ${view.answer.by}` : ""}${view.answer.timed_out ? ", because nobody answered in time" : ""}${view.answer.note ? `: ${view.answer.note}` : ""}`]);
  if (view.replaced_by)
    rows.push([
      "Replaced by",
      <Link key="r" to={`/runs/${encodeURIComponent(view.replaced_by)}`} className="text-accent hover:underline" title={view.replaced_by}>
        a run of its own{view.replacement ? `, ${view.replacement.state}` : ""}
      </Link>,
    ]);
  if (!rows.length) return null;
  return (
    <dl className="my-2 grid grid-cols-[86px_minmax(0,1fr)] gap-y-1">
      {rows.map(([title, value]) => (
        <div key={title} className="contents">
          <dt className="text-faint">{title}</dt>
          <dd className="m-0 truncate">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Verbs({ run, view, detail, onNode }: { run: string; view: NodeView; detail: TabProps["detail"]; onNode: TabProps["onNode"] }): ReactNode {
  const navigate = useNavigate();
  const may = useSession().data?.verbs ?? [];
  const [busy, setBusy] = useState("");
  const waiting = view.state === "WAITING" || view.state === "QUEUED";
  const ended = ENDED.has(detail.run.status);
  const call = async (verb: "skip" | "detach" | "retry" | "rerun"): Promise<void> => {
    setBusy(verb);
    try {
      const names = { run, node: view.id };
      const done =
        verb === "skip"
          ? await post("/api/runs/{run}/nodes/{node}/skip", names)
          : verb === "detach"
            ? await post("/api/runs/{run}/nodes/{node}/detach", names)
            : verb === "retry"
              ? await post("/api/runs/{run}/retry", names, { node: view.id })
              : await post("/api/runs/{run}/rerun", names, { node: view.id });
      const made = done.made;
      toast(`${view.name}: ${verb === "skip" ? "skipped" : verb === "detach" ? "runs on its own" : verb === "retry" ? "tried again" : "run again from here"}.`, made ? { action: { label: "Open", run: () => void navigate(`/runs/${encodeURIComponent(made)}`) } } : {});
      if (verb === "detach") onNode(null);
    } catch (error) {
      toastError(error);
    } finally {
      setBusy("");
      refreshRun(run);
    }
  };
  const buttons: ["skip" | "detach" | "retry" | "rerun", string][] = [];
  if (view.kind !== "approval" && view.id !== "0") {
    if (waiting && !ended) buttons.push(["skip", "Skip"], ["detach", "Detach"]);
    if (view.state === "FAILED" && detail.run.status === "FAILED") buttons.push(["retry", "Retry this"]);
    if (ended) buttons.push(["rerun", "Run again from here"]);
  }
  return buttons.length ? (
    <div className="mb-3 flex flex-wrap gap-[6px]">
      {buttons.map(([verb, word]) => (
        <Button key={verb} small busy={busy === verb} refusal={may.includes(verb) ? null : `Your role does not allow to ${verb}.`} onClick={() => void call(verb)}>
          {word}
        </Button>
      ))}
    </div>
  ) : null;
}

function Others({ title, views, onNode }: { title: string; views: NodeView[]; onNode: TabProps["onNode"] }): ReactNode {
  if (!views.length) return null;
  return (
    <div className="mb-3">
      <h3 className="mb-1 text-sm font-[580] text-faint">{title}</h3>
      <ul className="m-0 list-none rounded-md border border-line p-0">
        {views.map((view) => (
          <li key={view.id} className="border-b border-line last:border-0">
            <button type="button" className="flex w-full items-center gap-2 px-2 py-1 text-left hover:bg-sunken" onClick={() => onNode(view.id)}>
              <StatusIcon status={view.state} size={12} />
              <bdi className="min-w-0 flex-1 truncate">{view.name}</bdi>
              <span className="text-sm text-faint">
                <Duration from={view.started} to={view.finished} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
