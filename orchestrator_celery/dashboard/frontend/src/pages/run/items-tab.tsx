/** The items of a swarm, or else the tasks of a run: by state, virtual, page by page. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { get, type Schemas } from "@/api/client";
import { ENDED, usePace } from "@/api/queries";
import type { NodeView } from "@/graph/model";
import { FIELD } from "@/parts/dialog";
import { Icon } from "@/parts/icons";
import { Bar } from "@/parts/progress";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { StatusBadge } from "@/parts/status";
import { Check } from "@/parts/table";
import { Duration } from "@/parts/time";
import type { TabProps } from "./run-page";
import { SwarmVerbs } from "./swarm-verbs";

type State = Schemas["NodeState"];
const STATES: State[] = ["FAILED", "RUNNING", "QUEUED", "WAITING", "INTERRUPTED", "SUCCEEDED", "SKIPPED"];

interface Row {
  id: string;
  label: string;
  name: string;
  state: string;
  attempts: number;
  started: string | null | undefined;
  finished: string | null | undefined;
  worker: string | null | undefined;
  error: string;
  depth: number;
  progress: { done: number; total: number } | null;
  /** Its place in the swarm, if its priority can be changed now. */
  waiting?: number;
  priority?: number;
}

interface SwarmNode {
  id: string;
  name: string;
  open: boolean;
  task: string;
}

export function ItemsTab(props: TabProps): ReactNode {
  const { run, detail, node } = props;
  const tree = useQuery({ queryKey: ["run", run, "tree"], queryFn: ({ signal }) => get("/api/runs/{run}/tree", { run }, { limit: 100 }, signal) });
  const swarms = useMemo(() => (tree.data ? swarmsOf(tree.data) : []), [tree.data]);
  const [chosen, setChosen] = useState("");
  const swarm = swarms.find(({ id }) => id === chosen) ?? swarms.find(({ id }) => id === node) ?? swarms[0];
  if (tree.isPending) return <Skeleton rows={8} />;
  if (tree.error) return <ErrorState error={tree.error} retry={() => void tree.refetch()} />;
  if (!swarm) return <Rows {...props} rows={leaves(tree.data)} more={null} head={null} />;
  return (
    <Swarm
      key={swarm.id}
      {...props}
      swarm={swarm}
      ended={ENDED.has(detail.run.status)}
      chooser={
        swarms.length > 1 ? (
          <select aria-label="Swarm" className={`${FIELD} h-6! w-auto max-w-[220px]`} value={swarm.id} onChange={(event) => setChosen(event.target.value)}>
            {swarms.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        ) : null
      }
    />
  );
}

function Swarm({ swarm, chooser, ended, ...props }: TabProps & { swarm: SwarmNode; chooser: ReactNode; ended: boolean }): ReactNode {
  const [state, setState] = useState<State | "">("");
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const pace = usePace(2500);
  const items = useInfiniteQuery({
    queryKey: ["run", props.run, "items", swarm.id, state],
    queryFn: ({ signal, pageParam }) => get("/api/runs/{run}/items", { run: props.run }, { node: swarm.id, limit: 200, ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    // Pages that nobody sees are not read again: beyond three, the list stands still until it is opened anew.
    refetchInterval: ({ state: { data } }) => (ended || (data?.pages.length ?? 0) > 3 ? false : pace),
  });
  const rows = useMemo<Row[]>(
    () =>
      (items.data?.pages ?? []).flatMap((page) =>
        page.items.map((item) => ({
          id: item.node,
          label: String(item.index),
          name: item.task,
          state: item.state,
          attempts: item.attempts ?? 0,
          started: item.started,
          finished: item.finished,
          worker: item.worker,
          error: item.error ? `${item.error.type}: ${item.error.message}` : "",
          depth: 0,
          progress: item.progress?.total ? { done: item.progress.done, total: item.progress.total } : null,
          priority: item.priority,
          ...(item.state === "WAITING" && !ended ? { waiting: item.index } : {}),
        })),
      ),
    [items.data, ended],
  );
  // What has begun meanwhile cannot be changed any more.
  const chosen = useMemo(() => {
    const waiting = new Set(rows.map((row) => row.waiting));
    return new Set([...selected].filter((index) => waiting.has(index)));
  }, [rows, selected]);
  const head = (
    <>
      {chooser}
      <Filter label="All" on={state === ""} onChoose={() => setState("")} />
      {STATES.map((each) => (
        <Filter key={each} label={each} on={state === each} onChoose={() => setState(each)} />
      ))}
      {ended ? null : (
        <span className="ml-auto flex flex-wrap items-center gap-2">
          <SwarmVerbs place={{ run: props.run, swarm: swarm.id, name: swarm.name, open: swarm.open, task: swarm.task || (rows[0]?.name ?? "") }} selected={chosen} onDone={() => setSelected(new Set())} />
        </span>
      )}
    </>
  );
  return (
    <Rows
      {...props}
      rows={rows}
      head={head}
      selected={chosen}
      onSelect={setSelected}
      more={items.hasNextPage && !items.isFetchingNextPage ? () => void items.fetchNextPage() : null}
      pending={items.isPending}
      empty={<Empty icon="swarm" title={state ? `No item is ${state}` : "No item yet"}>{swarm.open && !state ? "It is open: tasks can be added here, or with run.swarm.add_task()." : null}</Empty>}
    />
  );
}

function Filter({ label, on, onChoose }: { label: string; on: boolean; onChoose: () => void }): ReactNode {
  return (
    <button type="button" aria-pressed={on} onClick={onChoose} className={`h-6 rounded-md px-2 text-xs font-[560] ${on ? "bg-accent-soft text-accent" : "text-muted hover:bg-quiet-soft"}`}>
      {label}
    </button>
  );
}

interface RowsProps extends TabProps {
  rows: Row[];
  more: (() => void) | null;
  head: ReactNode;
  pending?: boolean;
  empty?: ReactNode;
  selected?: ReadonlySet<number>;
  onSelect?: (selected: ReadonlySet<number>) => void;
}

function Rows({ rows, more, head, node, onNode, pending = false, empty, selected, onSelect }: RowsProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => 34, overscan: 12 });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const from = useRef(0);
  /** Ticks an item; with Shift, also those between it and the one before. */
  const toggle = (index: number, range: boolean): void => {
    const next = new Set(selected);
    const on = !next.has(rows[index]?.waiting ?? -1);
    const [low, high] = range ? [Math.min(from.current, index), Math.max(from.current, index)] : [index, index];
    for (const { waiting } of rows.slice(low, high + 1)) {
      if (waiting === undefined) continue;
      if (on) next.add(waiting);
      else next.delete(waiting);
    }
    from.current = index;
    onSelect?.(next);
  };
  useEffect(() => {
    if (more && rows.length - last < 60) more();
  }, [more, rows.length, last]);
  return (
    <Card className="overflow-hidden">
      {head ? <div className="flex flex-wrap items-center gap-1 border-b border-line px-2 py-[6px]">{head}</div> : null}
      {pending ? (
        <Skeleton rows={8} />
      ) : rows.length === 0 ? (
        (empty ?? <Empty icon="task" title="No task yet" />)
      ) : (
        <div ref={box} className="max-h-[62vh] overflow-auto" tabIndex={0}>
          <div role="list" aria-label="Items" className="relative min-w-[520px]" style={{ height: virtual.getTotalSize() }}>
            {shown.map(({ index, start, key }) => {
              const row = rows[index];
              return row ? (
                <div
                  key={key}
                  role="listitem"
                  style={{ transform: `translateY(${start}px)` }}
                  className={`absolute inset-x-0 flex h-[34px] items-center border-b border-line ${row.id === node ? "bg-accent-soft" : "hover:bg-sunken"}`}
                >
                  {onSelect && selected ? (
                    <span className="w-[26px] shrink-0 pl-3">
                      {row.waiting === undefined ? null : <Check label={`Select item ${row.label}`} checked={selected.has(row.waiting)} onChange={(range) => toggle(index, range)} />}
                    </span>
                  ) : null}
                  <ItemButton row={row} current={row.id === node} onOpen={() => onNode(row.id)} />
                </div>
              ) : null;
            })}
          </div>
        </div>
      )}
    </Card>
  );
}

const LEVELS: Record<number, string> = { 1: "low", 3: "high" };

function ItemButton({ row, current, onOpen }: { row: Row; current: boolean; onOpen: () => void }): ReactNode {
  const level = LEVELS[row.priority ?? 2];
  return (
    <button
      type="button"
      aria-current={current || undefined}
      data-node={row.id}
      style={{ paddingLeft: 12 + row.depth * 16 }}
      className="flex h-full min-w-0 flex-1 items-center gap-3 pr-3 text-left focus-visible:outline-offset-[-2px]"
      onClick={onOpen}
    >
      {row.label ? <span className="w-12 shrink-0 text-right text-faint">{row.label}</span> : null}
      <span className="w-[118px] shrink-0">
        <StatusBadge status={row.state} />
      </span>
      <bdi className="min-w-0 flex-1 truncate">
        <span className={row.label ? "font-mono text-sm text-muted" : "font-[550]"}>{row.name}</span>
        {row.error ? <span className="ml-3 text-failed">{row.error.slice(0, 300)}</span> : null}
      </bdi>
      {level ? (
        <span className={`inline-flex shrink-0 items-center gap-1 text-sm ${level === "high" ? "text-ink" : "text-faint"}`}>
          <Icon name={level === "high" ? "arrowUp" : "arrowDown"} size={11} /> {level}
        </span>
      ) : null}
      {row.progress && row.state === "RUNNING" ? (
        <span className="w-20 shrink-0">
          <Bar counts={{ total: row.progress.total, done: row.progress.done }} />
        </span>
      ) : null}
      {row.attempts > 1 ? <span className="shrink-0 text-sm text-muted">{row.attempts} attempts</span> : null}
      <span className="w-[120px] shrink-0 truncate text-right text-sm text-faint max-md:hidden">{row.worker?.split("/")[0]}</span>
      <span className="w-[72px] shrink-0 text-right">
        <Duration from={row.started} to={row.finished} />
      </span>
    </button>
  );
}

function swarmsOf(tree: NodeView): SwarmNode[] {
  const own = { id: tree.id, name: tree.name || tree.id, open: tree.open ?? false, task: tree.children?.[0]?.name ?? "" };
  const found = tree.kind === "swarm" || tree.kind === "map" ? [own] : [];
  return [...found, ...(tree.children ?? []).flatMap(swarmsOf)];
}

function leaves(tree: NodeView, depth = 0): Row[] {
  const own: Row = {
    id: tree.id,
    label: "",
    name: tree.name,
    state: tree.state,
    attempts: tree.attempts ?? 0,
    started: tree.started,
    finished: tree.finished,
    worker: tree.worker,
    error: tree.error ? `${tree.error.type}: ${tree.error.message}` : "",
    depth,
    progress: tree.progress?.total ? { done: tree.progress.done, total: tree.progress.total } : null,
  };
  return [own, ...[...(tree.children ?? []), ...(tree.callbacks ?? [])].flatMap((child) => leaves(child, depth + 1))];
}
