/** Every registered task: where it runs, how it does, and starting one. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { get, post, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";
import { useFresh, usePace, useSession } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { Field, FIELD, INPUT } from "@/parts/dialog";
import { compact, counted, percent, span } from "@/parts/format";
import { Icon } from "@/parts/icons";
import { blank, problemsOf } from "@/parts/schema";
import { SchemaForm } from "@/parts/schema-form";
import { Card, Empty, ErrorState, Note, Skeleton } from "@/parts/states";
import { Table, type Column } from "@/parts/table";
import { schemaOfParameters } from "@/parts/task-schema";

type Task = Schemas["TaskView"];
type Kind = Schemas["KindStatistics"];

export default function TasksPage(): ReactNode {
  const [place, setPlace] = useSearchParams();
  const [text, setText] = useState("");
  const current = place.get("task");
  const pace = usePace(10_000);
  useFresh("workers", ["tasks"], 2000);
  useFresh("stats", ["stats"], 3000);
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => get("/api/tasks", {}, {}, signal), refetchInterval: pace });
  const stats = useQuery({ queryKey: ["stats", "24h"], queryFn: ({ signal }) => get("/api/stats", {}, { since: "24h" }, signal), refetchInterval: pace });
  const known = useMemo(() => new Map((stats.data?.tasks ?? []).map((task) => [task.name, task])), [stats.data]);
  const rows = (tasks.data ?? []).filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const chosen = tasks.data?.find(({ name }) => name === current);
  const choose = (name: string | null): void => setPlace(name ? { task: name } : {}, { replace: true });
  return (
    <>
      <PageHead title="Tasks" about={tasks.data ? `${counted(tasks.data.length, "task")}; figures of the last 24 hours` : null} />
      <input type="search" data-shortcut="search" aria-label="Search by name" placeholder="Search by name" className={`${FIELD} mb-3 w-[260px]`} value={text} onChange={(event) => setText(event.target.value)} />
      <div className={`grid items-start gap-4 ${chosen ? "grid-cols-[minmax(0,1fr)_minmax(0,420px)] max-lg:grid-cols-1" : "grid-cols-1"}`}>
        <Card className="overflow-hidden">
          {tasks.isPending ? (
            <Skeleton rows={8} />
          ) : tasks.error && !tasks.data ? (
            <ErrorState error={tasks.error} retry={() => void tasks.refetch()} />
          ) : (
            <Table
              label="Tasks"
              rows={rows}
              columns={columnsOf(known, Boolean(chosen))}
              id={(task) => task.name}
              current={current ?? undefined}
              onOpen={(task) => choose(task.name)}
              empty={<Empty icon="tasks" title={text ? "No task has this name" : "No task is known"}>{text ? null : "Tasks of this process and of live workers stand here."}</Empty>}
            />
          )}
        </Card>
        {chosen ? (
          <Card className="max-lg:row-start-1">
            <Start key={chosen.name} task={chosen} onClose={() => choose(null)} />
          </Card>
        ) : null}
      </div>
    </>
  );
}

function columnsOf(known: ReadonlyMap<string, Kind>, narrow: boolean): Column<Task>[] {
  const of = (task: Task): Kind | undefined => known.get(task.name);
  const rate = (kind: Kind | undefined): ReactNode => {
    const ended = (kind?.succeeded ?? 0) + (kind?.failed ?? 0);
    return ended ? <span className={kind?.failed ? "text-failed" : "text-muted"}>{percent((kind?.failed ?? 0) / ended)}</span> : <span className="text-faint">–</span>;
  };
  const columns: Column<Task>[] = [
    {
      key: "name",
      title: "Name",
      cell: (task) => (
        <>
          <code className="text-ink">{task.name}</code>
          {task.doc ? <span className="ml-3 text-muted">{task.doc}</span> : null}
        </>
      ),
    },
    {
      key: "workers",
      title: "Workers",
      width: 118,
      from: "md",
      cell: (task) =>
        task.lacking?.length ? (
          <span title={`Lacking: ${task.lacking.join(", ")}`} className="inline-flex items-center gap-1 text-suspended">
            <Icon name="warning" size={12} /> {task.workers?.length ?? 0} of {(task.workers?.length ?? 0) + task.lacking.length}
          </span>
        ) : (
          <span title={task.workers?.join("\n")} className={task.workers?.length ? "text-muted" : "text-failed"}>
            {task.workers?.length || "none"}
          </span>
        ),
    },
    { key: "started", title: "Started", width: 86, align: "right", from: "sm", cell: (task) => compact(of(task)?.started ?? 0) },
    { key: "failed", title: "Failed", width: 76, align: "right", cell: (task) => rate(of(task)) },
    { key: "p50", title: "p50", width: 84, align: "right", from: "lg", cell: (task) => <span className="text-muted">{seconds(of(task)?.duration?.p50)}</span> },
    { key: "p95", title: "p95", width: 84, align: "right", from: "sm", cell: (task) => <span className="text-muted">{seconds(of(task)?.duration?.p95)}</span> },
  ];
  return narrow ? columns.filter(({ key }) => key !== "p50") : columns;
}

function seconds(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : span(value);
}

function Start({ task, onClose }: { task: Task; onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const may = useSession().data?.verbs ?? [];
  const schema = useMemo(() => schemaOfParameters(task.parameters ?? []), [task]);
  const [value, setValue] = useState<unknown>(() => blank(schema, schema));
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const wrong = problemsOf(schema, value).size;
  const start = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { run } = await post("/api/tasks/{task}/run", { task: task.name }, { args: [], kwargs: (value ?? {}) as Record<string, never>, name: name.trim() || null, tags: [] });
      void navigate(`/runs/${encodeURIComponent(run.id)}`);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const refusal = !may.includes("run") ? "Your role does not allow to run tasks." : task.parameters === null ? "The dashboard's process does not have this task, so it cannot start it." : !task.workers?.length ? "No live worker has this task." : null;
  return (
    <form
      className="flex flex-col gap-3 px-[14px] pt-3 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!refusal && !wrong) void start();
      }}
    >
      <header className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="font-mono text-base font-[620] break-all">{task.name}</h2>
          {task.doc ? <p className="m-0 mt-1 text-muted">{task.doc}</p> : null}
        </div>
        <Button small kind="quiet" icon="close" aria-label="Close" onClick={onClose} />
      </header>
      {task.lacking?.length ? <Note tone="suspended">{counted(task.lacking.length, "worker")} lack it: {task.lacking.join(", ")}.</Note> : null}
      <SchemaForm schema={schema} value={value} onChange={setValue} />
      <Field label="Name of the run">
        <input className={INPUT} placeholder={task.name} maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      {error ? <Note tone="failed">{problemOf(error).detail || problemOf(error).title}</Note> : null}
      <div className="flex items-center gap-3">
        <Button type="submit" kind="primary" icon="play" busy={busy} refusal={refusal} disabled={wrong > 0}>
          Run
        </Button>
        <Link className="text-accent no-underline hover:underline" to={`/runs?filter=${encodeURIComponent(`task:${task.name}`)}`}>
          Runs with this task
        </Link>
      </div>
    </form>
  );
}
