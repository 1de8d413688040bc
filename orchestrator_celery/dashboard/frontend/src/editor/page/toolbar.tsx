/** The head of the editor: where one is, undo and redo, import and export, save. */
import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import { useSession } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { Menu } from "@/parts/dialog";
import { isRounded } from "../model/document";
import { useEditor, useSessionState } from "./context";
import { Crumbs } from "./crumbs";
import type { Checked } from "./use-problems";

export function Toolbar({ name, base, newest, checked, onSave }: { name: string; base: number; newest: number; checked: Checked; onSave: () => void }): ReactNode {
  const { session, ask } = useEditor();
  const { history, saved } = useSessionState(session);
  const may = useSession().data?.verbs ?? [];
  const dirty = history.now !== saved;
  const rounded = useMemo(() => isRounded(saved.document), [saved.document]);
  const back = history.past.at(-1)?.label;
  const on = history.future[0]?.label;
  return (
    <>
      <PageHead title={name || "New graph"} about={<About base={base} newest={newest} dirty={dirty} checked={checked} />}>
        <Button kind="quiet" icon="undo" aria-label="Undo" title={back ? `Undo: ${back} (Ctrl Z)` : "Nothing to undo"} disabled={!back} onClick={() => session.undo()} />
        <Button kind="quiet" icon="undo" aria-label="Redo" title={on ? `Redo: ${on} (Ctrl Shift Z)` : "Nothing to redo"} disabled={!on} className="[&>svg]:-scale-x-100" onClick={() => session.redo()} />
        <Button kind="quiet" icon="info" aria-label="Keys" title="Keys (?)" onClick={() => ask({ kind: "keys" })} />
        <Menu
          label="Import and export"
          trigger={<Button icon="download">Export</Button>}
          items={[
            { label: "Document (JSON)…", onSelect: () => ask({ kind: "export", form: "json" }) },
            { label: "Python module…", onSelect: () => ask({ kind: "export", form: "python" }) },
            "line",
            { label: "Import a document…", onSelect: () => ask({ kind: "import" }) },
          ]}
        />
        <Button kind="primary" refusal={may.includes("save") ? (rounded ? "This graph holds whole numbers beyond 2^53, which a browser rounds: change it in Python." : dirty ? null : "There is nothing to save.") : "Your role does not allow to save."} onClick={onSave}>
          Save…
        </Button>
      </PageHead>
      <Crumbs session={session} name={name} />
    </>
  );
}

function About({ base, newest, dirty, checked }: { base: number; newest: number; dirty: boolean; checked: Checked }): ReactNode {
  const count = checked.problems.length;
  return (
    <span className="flex flex-wrap items-center gap-x-3">
      <Link to="/graphs" className="text-accent no-underline hover:underline">
        All graphs
      </Link>
      {base ? <span title={newest > base ? `The newest version is ${newest}.` : undefined}>version {base}{newest > base ? ` of ${newest}` : ""}</span> : <span>not saved yet</span>}
      {dirty ? <span className="text-suspended">unsaved changes</span> : null}
      <span data-check={checked.fresh ? "fresh" : "pending"} className={checked.away ? "text-suspended" : count ? "text-failed" : "text-succeeded"}>
        {checked.away ? "not checked: the server does not answer" : count ? `${count} ${count === 1 ? "problem" : "problems"}` : checked.fresh ? "no problems" : "…"}
      </span>
    </span>
  );
}
