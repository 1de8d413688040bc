/** Every part in every state. Development builds only: `/dev/parts`, and `/dev/parts?theme=dark`. */
import { useEffect, useState, type ReactNode } from "react";
import { ApiError } from "@/api/problem";
import { ConditionField } from "@/editor/conditions/condition-field";
import type { Expression } from "@/editor/conditions/expression";
import { ExpressionField } from "@/editor/conditions/expression-field";
import { Button, CopyButton, Tooltip } from "@/parts/button";
import { Confirm, Dialog, Field, INPUT, Menu } from "@/parts/dialog";
import { FilterBar } from "@/parts/filter-bar";
import { RUN_FIELDS } from "@/parts/filter-language";
import { JsonView } from "@/parts/json-view";
import { LogList, type LogLine } from "@/parts/log-list";
import { Bar, ProgressLine, Spark } from "@/parts/progress";
import { SchemaForm } from "@/parts/schema-form";
import type { Schema } from "@/parts/schema";
import { Card, Empty, ErrorState, Note, Skeleton } from "@/parts/states";
import { STATUS, StatusBadge, StatusIcon } from "@/parts/status";
import { Table, type Column } from "@/parts/table";
import { Tabs } from "@/parts/tabs";
import { Ago, Countdown, Duration, Num } from "@/parts/time";
import { toast, toastError } from "@/parts/toast";
import { Traceback } from "@/parts/traceback";

const NOW = Date.now();
const before = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const LONG = "a name of two hundred characters ".repeat(7).slice(0, 200);
const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
const ARABIC = "طلب رقم ٤٨٢١٣ من المتجر";

interface Row {
  id: string;
  status: string;
  name: string;
  task: string;
  counts: { total: number; done: number; failed?: number; running?: number; awaiting?: number };
  seconds: number;
  started: string;
}

const row = (id: string, status: string, name: string, task: string, counts: Row["counts"], seconds: number, age: number): Row => ({
  id,
  status,
  name,
  task,
  counts,
  seconds,
  started: before(age),
});

const ROWS: Row[] = [
  row("37506084", "RUNNING", "order 48213", "shop.order", { total: 2003, done: 1212, failed: 15, running: 80 }, 28, 28),
  row("b81e2c02", "FAILED", "nightly import", "import.file", { total: 1000, done: 880, failed: 120 }, 252, 7300),
  row("c09f7711", "AWAITING", "refund 991", "shop.refund", { total: 6, done: 3, awaiting: 1 }, 3840, 3840),
  row("d77a01aa", "SUSPENDED", "thumbnails", "media.resize", { total: 100000, done: 31204 }, 3120, 3720),
  row("e5120fb3", "SUCCEEDED", ARABIC, "shop.order", { total: 2114, done: 2114 }, 31.4, 180),
  row("f0aa1177", "INTERRUPTED", LONG, `ml.${"deeply.nested.".repeat(6)}train`, { total: 100, done: 40 }, 1320, 840),
  row("f0aa1178", "CANCELLED", HOSTILE, "shop.order", { total: 0, done: 0 }, 0.34, 86400 * 3),
  row("f0aa1179", "PENDING", "waits for a worker", "shop.order", { total: 3, done: 0 }, 0, 2),
];

const COLUMNS: Column<Row>[] = [
  { key: "status", title: "Status", width: 142, cell: (each) => <StatusBadge status={each.status} /> },
  { key: "name", title: "Name", width: "24%", sortable: true, cell: (each) => <bdi title={each.name} className="font-[560]">{each.name}</bdi> },
  { key: "task", title: "Task", from: "md", cell: (each) => <code className="text-muted">{each.task}</code> },
  { key: "progress", title: "Progress", width: 180, from: "sm", cell: (each) => <Bar counts={each.counts} /> },
  { key: "took", title: "Duration", align: "right", from: "sm", width: 92, cell: (each) => <Duration seconds={each.seconds} /> },
  { key: "started", title: "Started", align: "right", width: 96, sortable: true, cell: (each) => <span className="text-muted"><Ago time={each.started} /></span> },
];

const LINES: LogLine[] = Array.from({ length: 5000 }, (_, index) => ({
  id: `${index}-0`,
  time: before(5000 - index),
  level: ["INFO", "INFO", "DEBUG", "INFO", "WARNING", "INFO", "ERROR"][index % 7] ?? "INFO",
  message: index % 7 === 6 ? `label printer ${index % 4} does not answer` : index % 97 === 0 ? `${ARABIC} ${HOSTILE}` : `parcel ${index} labelled in ${index % 60} ms`,
  exception: index === 4990 ? "Traceback (most recent call last):\n  File \"shop/ship.py\", line 88, in label\n    printer.send(pdf, timeout=4)\nPrinterOffline: label printer 3 does not answer" : "",
  task: "shop.ship.label",
  node: `0.2.${index}`,
  run: "37506084",
  attempt: index % 11 ? 1 : 2,
  worker: "worker-2",
}));

const SCHEMA: Schema = {
  type: "object",
  required: ["order", "country"],
  properties: {
    order: { type: "integer", title: "Order", minimum: 1, description: "The number of the order." },
    country: { enum: ["DE", "FR", "US"], title: "Country" },
    note: { type: "string", title: "Note", maxLength: 20 },
    express: { type: "boolean", title: "Express", description: "Ship today." },
    weight: { anyOf: [{ type: "number" }, { type: "null" }], title: "Weight" },
    items: { type: "array", title: "Items", items: { $ref: "#/$defs/Item" } },
  },
  $defs: { Item: { type: "object", title: "Item", required: ["sku"], properties: { sku: { type: "string" }, count: { type: "integer", default: 1 } } } },
};

const TRACE = Array.from({ length: 500 }, (_, index) => `  File "shop/deep/module_${index}.py", line ${index * 3}, in call\n    return next_one(value, depth=${index})`).join("\n");

const CONDITION: Expression = [
  "and",
  ["and", ["ge", ["item", ["result"], "score"], 0.8], ["not", ["in", ["item", ["result"], "country"], ["value", ["XX", "YY"]]]]],
  ["or", ["exists", ["item", ["node", "check 2"], "note"]], ["lt", ["date", ["item", ["run_input"], "due"]], ["datetime", "2030-01-01T00:00:00Z"]]],
];
const SAMPLE = { result: { score: 0.93, country: "DE", "first name": ARABIC, paid: true, tags: ["gift", "eu"], items: [{ sku: "A-1", count: 2 }] }, nodes: { validate: { total: 120 } }, run_input: { order: 48213, due: "2029-05-01T12:00:00Z" } };

function Conditions(): ReactNode {
  const [condition, setCondition] = useState<Expression | undefined>(CONDITION);
  const [fresh, setFresh] = useState<Expression | undefined>();
  const [amount, setAmount] = useState<Expression | undefined>(["item", ["result"], "score"]);
  const names = ["validate", "check 2"];
  return (
    <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
      <Part title="Condition">
        <Card className="p-3">
          <ConditionField label="When" value={condition} onChange={setCondition} names={names} sample={SAMPLE} />
        </Card>
      </Part>
      <Part title="Conditions with problems, and expressions">
        <Card className="flex flex-col gap-4 p-3">
          <ConditionField label="A condition not written yet" value={fresh} onChange={setFresh} names={names} sample={SAMPLE} />
          <ConditionField label="A condition that the graph refuses" expanded={false} value={["node", "gone"]} onChange={() => undefined} names={names} problem="The graph has no node gone." />
          <ExpressionField label="amount" value={amount} onChange={setAmount} names={names} sample={SAMPLE} optional />
        </Card>
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="mb-2 text-sm font-[580] text-faint">{title}</h2>
      {children}
    </section>
  );
}

export default function PartsPage(): ReactNode {
  const [filter, setFilter] = useState('status:FAILED,SUSPENDED -task:health.* name:"sum of*" since:24h invoice');
  const [selected, setSelected] = useState<Set<string>>(new Set(["b81e2c02"]));
  const [tab, setTab] = useState("graph");
  const [value, setValue] = useState<unknown>({ order: 0, country: "DE", note: "longer than twenty characters", items: [{ sku: "A-1", count: 2 }] });
  const [dialog, setDialog] = useState<"" | "confirm" | "plain">("");
  useEffect(() => {
    const theme = new URLSearchParams(location.search).get("theme");
    if (theme) document.documentElement.dataset["theme"] = theme;
  }, []);
  return (
    <main className="mx-auto flex max-w-[1240px] flex-col gap-6 p-5 max-sm:p-3">
      <h1 className="text-xl font-[620] tracking-[-.01em]">Parts</h1>
      <Part title="Status">
        <div className="flex flex-wrap gap-2">
          {Object.keys(STATUS).map((status) => (
            <StatusBadge key={status} status={status} />
          ))}
          <StatusBadge status="FROM_THE_FUTURE" />
        </div>
        <div className="mt-3 flex flex-wrap gap-3">
          {Object.keys(STATUS).map((status) => (
            <StatusIcon key={status} status={status} size={18} />
          ))}
        </div>
      </Part>
      <Part title="Times and numbers">
        <div className="flex flex-wrap gap-x-6 gap-y-1">
          {[0, 0.0004, 0.34, 0.9999, 1.24, 28, 59.7, 192, 3840, 97200].map((seconds) => (
            <Duration key={seconds} seconds={seconds} />
          ))}
          <Duration from={before(12)} />
          {[0.2, 28, 180, 7200, 90000].map((age) => (
            <Ago key={age} time={before(age)} />
          ))}
          <Ago time={before(-3600)} />
          <Ago time={null} />
          <Countdown until={before(-4000)} over="now" />
          <Countdown until={before(-200)} over="now" />
          <Countdown until={before(10)} over="purged soon" />
          {[0, 7, 980, 1204, 31204, 999950, 4500000].map((count) => (
            <Num key={count} value={count} />
          ))}
        </div>
      </Part>
      <Part title="Progress">
        <div className="flex flex-col gap-3">
          <ProgressLine ended={false} counts={{ total: 2003, done: 1212, failed: 15, running: 80 }} estimate={{ rate: 74, eta: 11, etaLow: 9, etaHigh: 15 }} />
          <ProgressLine ended={false} counts={{ total: 100000, done: 99999, failed: 1 }} estimate={{ rate: 0.02, eta: 5400 }} />
          <ProgressLine ended counts={{ total: 6, done: 6 }} />
          <ProgressLine ended={false} counts={{ total: 0 }} />
        </div>
      </Part>
      <div className="grid grid-cols-3 gap-4 max-md:grid-cols-1">
        {[
          ["Throughput", "74/s", [3, 5, 4, 9, 14, 11, 17, 15, 21, 24, 22, 30], "var(--bar-running)"],
          ["Failures", "0.6 %", [0, 0, 1, 0, 0, 4, 9, 2, 0, 0, 1, 0], "var(--bar-failed)"],
          ["p95", "–", [], "var(--bar-waiting)"],
        ].map(([title, figure, values, color]) => (
          <Card key={String(title)} className="p-3">
            <div className="flex items-baseline justify-between">
              <span className="text-muted">{String(title)}</span>
              <b className="text-lg font-[620]">{String(figure)}</b>
            </div>
            <Spark label={String(title)} values={values as number[]} color={String(color)} />
          </Card>
        ))}
      </div>
      <Part title="Buttons">
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary">Run something…</Button>
          <Button icon="suspended">Suspend</Button>
          <Button icon="interrupted">Interrupt</Button>
          <Button icon="retry" refusal="Only a failed run can be retried; this one is running.">
            Retry
          </Button>
          <Button busy>Resume</Button>
          <Button kind="danger" onClick={() => setDialog("confirm")}>
            Cancel…
          </Button>
          <Button kind="solid-danger">Delete</Button>
          <Button kind="quiet">Quiet</Button>
          <Button disabled>Disabled</Button>
          <Button small>Small</Button>
          <Button small icon="fit" aria-label="Fit" />
          <Tooltip text="A hint that says why, in a sentence.">
            <Button icon="info" aria-label="Hint" />
          </Tooltip>
          <CopyButton text="37506084" />
          <Menu
            trigger={<Button icon="more" aria-label="More" />}
            items={[
              { label: "Rerun…", icon: "retry", onSelect: () => toast("Started again as 91c2aa03.", { action: { label: "Open", run: () => undefined } }) },
              { label: "Retry", icon: "retry", refusal: "Only a failed run can be retried.", onSelect: () => undefined },
              "line",
              { label: "Delete…", icon: "cancelled", danger: true, onSelect: () => toastError(new ApiError({ title: "The state does not allow this", detail: "The run is running: suspend or cancel it first.", status: 409, error: "" })) },
            ]}
          />
          <Button onClick={() => setDialog("plain")}>Dialog</Button>
        </div>
      </Part>
      <Part title="Filter">
        <div className="flex flex-col gap-2">
          <FilterBar value={filter} onChange={setFilter} fields={RUN_FIELDS} known={(field) => (field === "tag" ? ["eu", "us", "nightly"] : [])} />
          <FilterBar value="" onChange={() => undefined} fields={RUN_FIELDS} label="Empty filter" />
          <FilterBar value="stauts:FAILED" onChange={() => undefined} fields={RUN_FIELDS} label="Wrong filter" error="'stauts' is not a word of the filter. Did you mean status?" />
        </div>
      </Part>
      <Conditions />
      <Part title="Table">
        <Card>
          <Table label="Runs" rows={ROWS} columns={COLUMNS} id={(each) => each.id} selected={selected} onSelect={setSelected} sort={{ key: "started", down: true }} onSort={() => undefined} onOpen={() => undefined} />
        </Card>
      </Part>
      <Part title="Tabs">
        <Tabs
          label="Run"
          current={tab}
          onChange={setTab}
          tabs={[
            { key: "graph", title: "Graph" },
            { key: "timeline", title: "Timeline" },
            { key: "items", title: "Items", count: <Num value={2000} /> },
            { key: "logs", title: "Logs", count: 312 },
          ]}
        />
      </Part>
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Part title="JSON">
          <JsonView value={{ order: 48213, express: true, card: "•••", note: null, text: HOSTILE, name: ARABIC, blob: "x".repeat(5000), items: Array.from({ length: 1500 }, (_, index) => index), nested: { deep: { deeper: { deepest: 1 } } }, nothing: [], none: {} }} />
        </Part>
        <Part title="Traceback">
          <Traceback type="PrinterOffline" message={`label printer 3 does not answer ${HOSTILE}`} traceback={TRACE} />
        </Part>
      </div>
      <Part title="Logs">
        <Card className="overflow-hidden">
          <LogList lines={LINES} search="printer" height={260} onNode={() => undefined} />
        </Card>
      </Part>
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Part title="Form from JSON Schema">
          <Card className="p-3">
            <SchemaForm schema={SCHEMA} value={value} onChange={setValue} />
          </Card>
        </Part>
        <Part title="The same value as JSON">
          <Card className="p-3">
            <SchemaForm schema={{}} value={value} onChange={setValue} />
          </Card>
        </Part>
      </div>
      <Part title="Notes">
        <div className="flex flex-col gap-2">
          <Note tone="waiting">Waits for an answer since 4 m: review of order 48213.</Note>
          <Note tone="failed">The server does not answer. The page tries again by itself.</Note>
          <Note tone="suspended">Suspended: no further task starts until it is resumed.</Note>
          <Note>Newest seconds may be missing.</Note>
        </div>
      </Part>
      <div className="grid grid-cols-3 gap-4 max-md:grid-cols-1">
        <Card>
          <Empty icon="approvals" title="Nobody is waiting for you">
            When a graph reaches an <code>Approval</code>, its question stands here.
          </Empty>
        </Card>
        <Card>
          <Skeleton rows={6} />
        </Card>
        <Card>
          <ErrorState error={new TypeError("fetch failed")} retry={() => undefined} />
        </Card>
      </div>
      <Confirm
        open={dialog === "confirm"}
        onClose={() => setDialog("")}
        title="Cancel order 48213?"
        about="Cancelling stops the run and deletes its data. It cannot be undone."
        verb="Cancel the run"
        danger
        reason
        typed="order 48213"
        onConfirm={() => Promise.reject(new ApiError({ title: "The plan has changed", detail: "Look at the new plan and confirm again.", status: 409, error: "" }))}
      >
        <Note tone="failed">Stops 8 running and 768 queued tasks. Deletes 6,412 keys (3.1 MB): 1,212 results and 15 errors.</Note>
      </Confirm>
      <Dialog open={dialog === "plain"} onClose={() => setDialog("")} title={LONG}>
        <div className="px-4 pb-4">
          <Field label="Name" error="A view with this name exists.">
            <input className={INPUT} aria-invalid defaultValue="Failed today" />
          </Field>
        </div>
      </Dialog>
    </main>
  );
}
