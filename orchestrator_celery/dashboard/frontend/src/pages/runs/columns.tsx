import { Link } from "react-router";
import type { RunView } from "@/api/queries";
import { Bar } from "@/parts/progress";
import { StatusBadge } from "@/parts/status";
import type { Column } from "@/parts/table";
import { exact, percent } from "@/parts/format";
import { Ago, Duration } from "@/parts/time";

export interface RunColumn extends Column<RunView> {
  fixed?: boolean;
}

export const RUN_COLUMNS: RunColumn[] = [
  { key: "status", title: "Status", width: 140, phone: 132, fixed: true, cell: (run) => <StatusBadge status={run.status} /> },
  {
    key: "name",
    title: "Name",
    width: "20%",
    fixed: true,
    cell: (run) => (
      <Link to={`/runs/${encodeURIComponent(run.id)}`} title={run.name || run.id} className="font-[560] text-ink no-underline hover:underline">
        <bdi>{run.name || run.id}</bdi>
      </Link>
    ),
  },
  {
    key: "task",
    title: "Task",
    width: "14%",
    from: "md",
    cell: (run) => {
      const [first, ...more] = run.tasks ?? [];
      return (
        <code className="text-muted" title={(run.tasks ?? []).join("\n")}>
          {first ?? run.kind}
          {more.length ? ` +${more.length}` : ""}
        </code>
      );
    },
  },
  { key: "category", title: "Category", width: 110, from: "lg", cell: (run) => <span className="text-muted">{run.category}</span> },
  { key: "progress", title: "Progress", width: 110, from: "sm", cell: (run) => <Bar counts={{ total: run.total ?? 0, done: run.done ?? 0, failed: run.failed ?? 0 }} /> },
  {
    key: "tasks",
    title: "Tasks",
    width: 120,
    from: "md",
    cell: (run) => (
      <span className="text-muted" title={run.total ? percent(((run.done ?? 0) + (run.failed ?? 0)) / run.total) : ""}>
        {exact((run.done ?? 0) + (run.failed ?? 0))} / {exact(run.total ?? 0)}
      </span>
    ),
  },
  { key: "duration", title: "Duration", width: 84, align: "right", from: "sm", cell: (run) => <Duration from={run.started} to={run.finished} /> },
  {
    key: "tags",
    title: "Tags",
    width: 110,
    from: "lg",
    cell: (run) =>
      (run.tags ?? []).map((tag) => (
        <span key={tag} dir="auto" title={tag} className="not-last:mr-1 inline-block max-w-full truncate rounded-[5px] bg-quiet-soft px-[7px] py-px align-middle text-sm">
          {tag}
        </span>
      )),
  },
  { key: "created", title: "Created", width: 84, phone: 78, align: "right", cell: (run) => <span className="text-muted"><Ago time={run.created} /></span> },
];
