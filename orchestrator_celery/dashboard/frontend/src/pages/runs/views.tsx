/** Views: filters with a name. Some are ready; others are saved on the server, for oneself or for everybody. */
import { useState, type ReactNode } from "react";
import { useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { Menu, type MenuItem } from "@/parts/dialog";
import { counted } from "@/parts/format";
import { Icon } from "@/parts/icons";
import { toast, toastError } from "@/parts/toast";
import { deleteView, isShown, keepOldViews, moveOldViews, oldViews, saveView, useSavedViews, type SavedView } from "./saved-views";
import { ViewDialog } from "./view-form";

interface View {
  name: string;
  filter: string;
  columns?: readonly string[];
}

const READY: View[] = [
  { name: "All", filter: "" },
  { name: "Running", filter: "status:RUNNING" },
  { name: "Failed today", filter: "status:FAILED since:24h" },
  { name: "Held", filter: "status:SUSPENDED,INTERRUPTED" },
  { name: "Long running", filter: "status:RUNNING duration:>5m" },
];

interface Props {
  filter: string;
  /** The columns of the address; null for those that the reader chose last. */
  columns: string | null;
  shown: string[];
  onChange: (filter: string, columns: string) => void;
}

export function Views({ filter, columns, shown, onChange }: Props): ReactNode {
  const saved = useSavedViews().data ?? [];
  const may = useSession().data?.verbs ?? [];
  const [naming, setNaming] = useState(false);
  /** The view that was chosen last: a changed filter is saved under its name. */
  const [chosen, setChosen] = useState<SavedView | null>(null);
  const choose = (view: View): void => onChange(view.filter, (view.columns ?? []).join(","));
  const known = [...READY, ...saved].some((view) => isShown(view, filter, columns));
  return (
    <>
      <div className="mb-[10px] flex flex-wrap items-center gap-[6px]">
        {READY.map((view) => (
          <Chip key={view.name} view={view} on={isShown(view, filter, columns)} onChoose={() => choose(view)} />
        ))}
        {saved.map((view) => (
          <SavedChip
            key={`${view.shared} ${view.name}`}
            view={view}
            on={isShown(view, filter, columns)}
            onChoose={() => {
              setChosen(view);
              choose(view);
            }}
          />
        ))}
        {known || !may.includes("save_view") ? null : (
          <Button small kind="quiet" icon="plus" onClick={() => setNaming(true)}>
            Save view
          </Button>
        )}
      </div>
      <OldViews />
      {naming ? (
        <ViewDialog
          filter={filter}
          columns={shown}
          views={saved}
          first={{ name: chosen?.name ?? "", shared: chosen?.shared ?? false }}
          onClose={() => setNaming(false)}
          onSaved={(view) => {
            setNaming(false);
            setChosen(view);
            choose(view);
          }}
        />
      ) : null}
    </>
  );
}

/** Views of an earlier release, which only this browser has. */
function OldViews(): ReactNode {
  const [old, setOld] = useState(oldViews);
  const [busy, setBusy] = useState(false);
  const may = useSession().data?.verbs ?? [];
  if (!old.length || !may.includes("save_view")) return null;
  const move = async (): Promise<void> => {
    setBusy(true);
    try {
      const { moved, kept, why } = await moveOldViews(old);
      setOld(kept);
      toast(`${counted(moved, "view")} moved.${kept.length ? ` ${counted(kept.length, "view")} stayed in this browser: ${why}` : ""}`, kept.length ? { tone: "failed" } : {});
    } catch (error) {
      setOld(oldViews());
      toastError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="mb-[10px] flex flex-wrap items-center gap-2 rounded-md border border-line bg-sunken px-3 py-[6px] text-muted">
      <Icon name="info" />
      <span className="min-w-0 flex-1">
        {counted(old.length, "view")} of yours {old.length === 1 ? "is" : "are"} kept in this browser only: <bdi>{old.map((view) => view.name).join(", ")}</bdi>
      </span>
      <Button small busy={busy} onClick={() => void move()}>
        Move to the server
      </Button>
      <Button
        small
        kind="quiet"
        onClick={() => {
          keepOldViews([]);
          setOld([]);
          toast("They are forgotten.", { action: { label: "Undo", run: () => (keepOldViews(old), setOld(old)) } });
        }}
      >
        Forget
      </Button>
    </div>
  );
}

function SavedChip({ view, on, onChoose }: { view: SavedView; on: boolean; onChoose: () => void }): ReactNode {
  const session = useSession().data;
  const may = session?.verbs ?? [];
  const own = view.owner === session?.actor;
  const refusal = !view.shared || ((own && may.includes("share_view")) || may.includes("change_view")) ? null : `It belongs to ${view.owner}.`;
  const save = (form: { shared: boolean }, text: string): void => {
    saveView({ name: view.name, filter: view.filter, columns: [...(view.columns ?? [])], base: 0, ...form }).then(() => toast(text), toastError);
  };
  const items: MenuItem[] = [
    view.shared
      ? { label: "Copy to my views", icon: "copy", onSelect: () => save({ shared: false }, `“${view.name}” is one of your views.`) }
      : {
          label: "Share with everybody",
          icon: "user",
          refusal: may.includes("share_view") ? null : "Your role does not allow to share views.",
          onSelect: () => save({ shared: true }, `Everybody sees “${view.name}”.`),
        },
    {
      label: "Delete",
      icon: "deleted",
      danger: true,
      refusal,
      onSelect: () => {
        const undo = { label: "Undo", run: () => save({ shared: view.shared }, `“${view.name}” is back.`) };
        deleteView(view).then(() => toast(`The view “${view.name}” is deleted.`, { action: undo }), toastError);
      },
    },
  ];
  return (
    <Chip view={view} on={on} onChoose={onChoose} sharedBy={view.shared ? view.owner : ""}>
      <Menu
        label={`The view ${view.name}`}
        trigger={
          <button type="button" aria-label={`Change the view ${view.name}`} className="py-[3px] pr-[6px]">
            <Icon name="more" size={12} />
          </button>
        }
        items={items}
      />
    </Chip>
  );
}

function Chip({ view, on, onChoose, sharedBy = "", children }: { view: View; on: boolean; onChoose: () => void; sharedBy?: string; children?: ReactNode }): ReactNode {
  const about = `${view.filter || "every run"}${sharedBy ? `\nshared by ${sharedBy}` : ""}`;
  return (
    <span className={`inline-flex items-center rounded-md border ${on ? "border-transparent bg-accent-soft font-[560] text-accent" : "border-line text-muted hover:text-ink"}`}>
      <button type="button" aria-pressed={on} title={about} className="flex max-w-[220px] items-center gap-[5px] px-[9px] py-[3px]" onClick={onChoose}>
        {sharedBy ? <Icon name="user" size={12} label="shared" /> : null}
        <bdi className="truncate">{view.name}</bdi>
      </button>
      {on ? children : null}
    </span>
  );
}
