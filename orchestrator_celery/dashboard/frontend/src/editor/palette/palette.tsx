/** What a graph is made of: tasks by category, building blocks, templates. Click, Enter or drag adds one. */
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { FIELD } from "@/parts/dialog";
import { Icon, type IconName } from "@/parts/icons";
import { Note } from "@/parts/states";
import { problemOf } from "@/api/problem";
import { readTemplates, type Task, type Template } from "../api";
import { DRAGGED } from "../canvas/editor-canvas";
import type { Piece } from "../model/commands";

type Item = { key: string; title: string; about: string; icon: IconName; piece: Piece | { kind: "template"; name: string }; warn?: string };

const BLOCKS: Item[] = [
  { key: "approval", title: "Approval", about: "Waits for a person's decision", icon: "waiting", piece: { kind: "approval" } },
  { key: "graph", title: "Nested graph", about: "A graph inside this one", icon: "graphs", piece: { kind: "graph" } },
  { key: "swarm", title: "Swarm", about: "Many tasks side by side", icon: "swarm", piece: { kind: "swarm" } },
];

export const Palette = memo(function Palette({ tasks, error, onAdd, onTemplate }: { tasks: readonly Task[]; error: unknown; onAdd: (piece: Piece) => void; onTemplate: (name: string) => void }): ReactNode {
  const [text, setText] = useState("");
  const templates = useQuery({ queryKey: ["graph-templates"], queryFn: ({ signal }) => readTemplates(signal), staleTime: Infinity });
  const groups = useMemo(() => groupsOf(tasks, templates.data ?? [], text), [tasks, templates.data, text]);
  const add = ({ piece }: Item): void => (piece.kind === "template" ? onTemplate(piece.name) : onAdd(piece));
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const items = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button[data-piece]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const now = items.indexOf(document.activeElement as HTMLButtonElement);
      if (now + step < 0) event.currentTarget.querySelector("input")?.focus();
      else items[Math.min(items.length - 1, now + step)]?.focus();
    } else if (event.key === "Escape") document.querySelector<HTMLElement>("[data-canvas]")?.focus();
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement && items[0]) {
      event.preventDefault();
      items[0].click();
    }
  };
  return (
    <div data-palette className="flex h-full min-h-0 flex-col" onKeyDown={onKey}>
      <div className="p-2">
        <input type="search" data-shortcut="search" aria-label="Find a task or a template" placeholder="Task or template" className={`${FIELD} w-full`} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <div tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {error ? <Note tone="failed">{problemOf(error).title}: the tasks are not known.</Note> : null}
        {groups.map(({ title, items }) => (
          <section key={title} aria-label={title} className="mb-2">
            <h3 className="px-1 py-1 text-xs font-[600] tracking-[.02em] text-faint">
              <bdi>{title}</bdi>
            </h3>
            {items.map((item) => (
              <button
                key={item.key}
                type="button"
                data-piece={item.key}
                draggable
                title={[item.key, item.about, item.warn].filter(Boolean).join("\n")}
                onDragStart={(event) => {
                  event.dataTransfer.setData(DRAGGED, JSON.stringify(item.piece));
                  event.dataTransfer.effectAllowed = "copy";
                }}
                onClick={() => add(item)}
                className="mb-px flex w-full items-start gap-2 rounded-md px-2 py-[4px] text-left hover:bg-quiet-soft focus-visible:outline-offset-[-2px]"
              >
                <Icon name={item.warn ? "warning" : item.icon} size={13} className={`mt-[3px] ${item.warn ? "text-suspended" : item.piece.kind === "approval" ? "text-waiting" : "text-faint"}`} />
                <span className="min-w-0 flex-1">
                  <bdi className="block truncate">{item.title}</bdi>
                  {item.about ? <bdi className="block truncate text-xs text-faint">{item.about}</bdi> : null}
                </span>
              </button>
            ))}
          </section>
        ))}
        {groups.length ? null : <p className="m-0 px-2 py-4 text-muted">{text ? "Nothing has this name." : "No task is known."}</p>}
      </div>
    </div>
  );
});

function groupsOf(tasks: readonly Task[], templates: readonly Template[], text: string): { title: string; items: Item[] }[] {
  const word = text.trim().toLowerCase();
  const fits = (group: string, { key, title, about }: Item): boolean => !word || `${group} ${key} ${title} ${about}`.toLowerCase().includes(word);
  const groups = new Map<string, Item[]>();
  for (const task of tasks) {
    const parts = task.name.split(".");
    const title = parts.at(-1) ?? task.name;
    const group = task.category || parts.slice(0, -1).join(".") || "Tasks";
    const lost = task.workers && !task.workers.length;
    const item: Item = { key: task.name, title, about: signatureText(task) || task.doc, icon: "task", piece: { kind: "task", task: task.name }, ...(lost ? { warn: "No live worker has it" } : {}) };
    groups.set(group, [...(groups.get(group) ?? []), item]);
  }
  const list = [
    { title: "Building blocks", items: BLOCKS },
    ...[...groups].sort(([one], [other]) => one.localeCompare(other)).map(([title, items]) => ({ title, items })),
    { title: "Templates", items: templates.map(({ name, summary }): Item => ({ key: name, title: name.replaceAll("_", " "), about: summary, icon: "columns", piece: { kind: "template", name } })) },
  ];
  return list.map(({ title, items }) => ({ title, items: items.filter((item) => fits(title, item)) })).filter(({ items }) => items.length);
}

/** What a task takes, such as `order, amount=0`. */
function signatureText(task: Task): string {
  const parameters = (task.parameters ?? []).map(({ name, required, default: value }) => (required ? name : value ? `${name}=${value}` : `${name}=…`));
  return parameters.length ? `(${parameters.join(", ")})${task.doc ? ` ${task.doc}` : ""}` : task.doc;
}
