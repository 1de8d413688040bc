/** The command palette: pages, runs by name or id, tasks, and what one can do there. */
import { useQuery } from "@tanstack/react-query";
import * as RadixDialog from "@radix-ui/react-dialog";
import { useDeferredValue, useEffect, useState, type KeyboardEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { get } from "@/api/client";
import { Icon, type IconName } from "@/parts/icons";
import { wordText } from "@/parts/filter-language";
import { StatusIcon } from "@/parts/status";
import { PAGES } from "./pages";

interface Entry {
  key: string;
  title: string;
  hint: string;
  to: string;
  mark: ReactNode;
}

export default function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const search = text.trim();
  const asked = useDeferredValue(search);
  const [entered, setEntered] = useState(false);
  const runs = useQuery({
    queryKey: ["palette", asked],
    queryFn: ({ signal }) => get("/api/runs", {}, { filter: asked ? wordText({ field: "", values: [asked], minus: false }) : "", limit: 8 }, signal),
    placeholderData: (before) => before,
  });
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => get("/api/tasks", {}, {}, signal) });
  const settled = search === asked && !runs.isPlaceholderData && !runs.isPending;
  const fits = (title: string): boolean => title.toLowerCase().includes(search.toLowerCase());
  const icon = (name: IconName): ReactNode => <Icon name={name} className="text-faint" />;
  const entries: Entry[] = [
    ...PAGES.filter(({ title }) => fits(title)).map(({ path, title, icon: name }) => ({ key: path, title, hint: "page", to: path, mark: icon(name) })),
    // Until the answer to these words is there, what was found before is looked through.
    ...(runs.data?.runs ?? []).filter((run) => settled || fits(run.name ?? "") || fits(run.id)).map((run) => ({
      key: run.id,
      title: run.name || run.id,
      hint: run.id,
      to: `/runs/${encodeURIComponent(run.id)}`,
      mark: <StatusIcon status={run.status} />,
    })),
    ...(tasks.data ?? [])
      .filter(({ name }) => search && fits(name))
      .slice(0, 6)
      .map(({ name }) => ({ key: `task ${name}`, title: name, hint: "task", to: `/tasks?task=${encodeURIComponent(name)}`, mark: icon("tasks") })),
    ...(search ? [{ key: "search logs", title: `Search the logs for “${search}”`, hint: "", to: `/logs?search=${encodeURIComponent(search)}`, mark: icon("logs") }] : []),
  ];
  const go = (entry: Entry | undefined): void => {
    if (!entry) return;
    onClose();
    void navigate(entry.to);
  };
  // Who types fast means what will be found, not what stands there now.
  const first = entries[at];
  useEffect(() => {
    if (entered && settled) go(first);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [entered, settled]);
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length) setAt((at + step + entries.length) % entries.length);
    else if (event.key === "Enter") setEntered(true);
    else return;
    event.preventDefault();
  };
  return (
    <RadixDialog.Root open onOpenChange={onClose}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <RadixDialog.Content aria-describedby={undefined} className="rising fixed inset-x-3 top-[12vh] z-40 mx-auto max-w-[560px] overflow-hidden rounded-xl border border-line bg-raised shadow-float">
          <RadixDialog.Title className="sr-only">Go to anything</RadixDialog.Title>
          <div className="flex items-center gap-2 border-b border-line px-3">
            <Icon name="search" className="text-faint" />
            <input
              autoFocus
              role="combobox"
              aria-label="Go to a page, run or task"
              aria-expanded
              aria-controls="palette"
              aria-activedescendant={`palette-${at}`}
              placeholder="A run, a task, a page…"
              className="h-11 flex-1 bg-transparent text-lg outline-none placeholder:text-faint"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
                setEntered(false);
              }}
              onKeyDown={onKey}
            />
          </div>
          <ul id="palette" role="listbox" aria-label="Found" className="m-0 max-h-[52vh] list-none overflow-y-auto p-1">
            {entries.map((entry, index) => (
              <li
                key={entry.key}
                id={`palette-${index}`}
                role="option"
                aria-selected={index === at}
                className={`flex cursor-pointer items-center gap-3 rounded-md px-2 py-[6px] ${index === at ? "bg-accent-soft" : ""}`}
                onPointerMove={() => setAt(index)}
                onClick={() => go(entry)}
              >
                {entry.mark}
                <bdi className="min-w-0 flex-1 truncate">{entry.title}</bdi>
                <span className="max-w-[45%] truncate font-mono text-xs text-faint">{entry.hint}</span>
              </li>
            ))}
            {entries.length === 0 ? <li className="px-3 py-6 text-center text-muted">Nothing has this name or id.</li> : null}
          </ul>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
