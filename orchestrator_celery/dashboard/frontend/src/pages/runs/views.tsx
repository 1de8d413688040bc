/** Views: filters with a name. Some are ready; one's own are kept in the browser and shared by their address. */
import { useState, type ReactNode } from "react";
import { read, write } from "@/pages/shell/theme";
import { Button } from "@/parts/button";
import { Dialog, Field, INPUT } from "@/parts/dialog";
import { Icon } from "@/parts/icons";
import { toast } from "@/parts/toast";

interface View {
  name: string;
  filter: string;
}

const READY: View[] = [
  { name: "All", filter: "" },
  { name: "Running", filter: "status:RUNNING" },
  { name: "Failed today", filter: "status:FAILED since:24h" },
  { name: "Held", filter: "status:SUSPENDED,INTERRUPTED" },
  { name: "Long running", filter: "status:RUNNING duration:>5m" },
];
const KEY = "orchestrator.runs.views";

function own(): View[] {
  try {
    const found: unknown = JSON.parse(read(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((view): view is View => typeof view?.name === "string" && typeof view.filter === "string") : [];
  } catch {
    return [];
  }
}

export function Views({ filter, onChange }: { filter: string; onChange: (filter: string) => void }): ReactNode {
  const [saved, setSaved] = useState(own);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const keep = (views: View[]): void => {
    setSaved(views);
    write(KEY, JSON.stringify(views));
  };
  const known = [...READY, ...saved].some((view) => view.filter === filter);
  return (
    <div className="mb-[10px] flex flex-wrap items-center gap-[6px]">
      {READY.map((view) => (
        <Chip key={view.name} view={view} on={view.filter === filter} onChoose={() => onChange(view.filter)} />
      ))}
      {saved.map((view) => (
        <Chip
          key={`own ${view.name}`}
          view={view}
          on={view.filter === filter}
          onChoose={() => onChange(view.filter)}
          onRemove={() => {
            keep(saved.filter((other) => other !== view));
            toast(`The view “${view.name}” is removed.`, { action: { label: "Undo", run: () => keep(saved) } });
          }}
        />
      ))}
      {known ? null : (
        <Button small kind="quiet" icon="plus" onClick={() => setNaming(true)}>
          Save view
        </Button>
      )}
      <Dialog open={naming} onClose={() => setNaming(false)} title="Save this view" about="It is kept in this browser. To share it, send the address of the page.">
        <form
          className="flex flex-col gap-3 px-4 pb-4"
          onSubmit={(event) => {
            event.preventDefault();
            keep([...saved.filter((view) => view.name !== name.trim()), { name: name.trim(), filter }]);
            setNaming(false);
            setName("");
          }}
        >
          <Field label="Name" hint={<code>{filter}</code>}>
            <input className={INPUT} autoFocus maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Button type="submit" kind="primary" className="self-end" disabled={!name.trim()}>
            Save
          </Button>
        </form>
      </Dialog>
    </div>
  );
}

function Chip({ view, on, onChoose, onRemove }: { view: View; on: boolean; onChoose: () => void; onRemove?: () => void }): ReactNode {
  return (
    <span className={`inline-flex items-center rounded-md border ${on ? "border-transparent bg-accent-soft font-[560] text-accent" : "border-line text-muted hover:text-ink"}`}>
      <button type="button" aria-pressed={on} title={view.filter || "every run"} className="max-w-[220px] truncate px-[9px] py-[3px]" onClick={onChoose}>
        {view.name}
      </button>
      {onRemove && on ? (
        <button type="button" aria-label={`Remove the view ${view.name}`} className="pr-[6px]" onClick={onRemove}>
          <Icon name="close" size={10} />
        </button>
      ) : null}
    </span>
  );
}
