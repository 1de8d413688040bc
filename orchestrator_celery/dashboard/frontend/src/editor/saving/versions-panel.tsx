/** The versions of a graph: open one, compare two, roll back. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { Confirm } from "@/parts/dialog";
import { Empty, ErrorState, Skeleton } from "@/parts/states";
import { Ago } from "@/parts/time";
import { readVersions, rollBack, type GraphVersion, type SavedGraph } from "../api";

export interface VersionsProps {
  name: string;
  base: number;
  dirty: boolean;
  onOpen: (version: number) => void;
  onCompare: (old: number, now: number | "mine") => void;
  onRolledBack: (saved: SavedGraph) => void;
}

export function VersionsPanel({ name, base, dirty, onOpen, onCompare, onRolledBack }: VersionsProps): ReactNode {
  const may = useSession().data?.verbs ?? [];
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const [back, setBack] = useState<GraphVersion | null>(null);
  const versions = useQuery({ queryKey: ["graph-versions", name], queryFn: ({ signal }) => readVersions(name, signal), enabled: Boolean(name), refetchInterval: 15_000 });
  if (!name) return <Empty icon="clock" title="No version yet">Every save becomes a version with its author, time and note.</Empty>;
  if (versions.isPending) return <Skeleton rows={4} />;
  if (!versions.data) return <ErrorState error={versions.error} retry={() => void versions.refetch()} />;
  const newest = versions.data[0]?.version ?? base;
  const toggle = (version: number): void => setChosen((old) => (old.includes(version) ? old.filter((each) => each !== version) : [...old.slice(-1), version]));
  const [one, other] = [...chosen].sort((first, second) => first - second);
  return (
    <div className="flex flex-col">
      <div className="flex flex-wrap items-center gap-2 px-3 py-3">
        <Button small icon="columns" disabled={one === undefined || other === undefined} onClick={() => (one !== undefined && other !== undefined ? onCompare(one, other) : undefined)}>
          Compare two
        </Button>
        <Button small disabled={!dirty && newest === base} onClick={() => onCompare(newest, "mine")}>
          Newest with mine
        </Button>
        <span className="w-full text-sm text-muted">Tick two versions to compare them.</span>
      </div>
      <ul data-versions className="m-0 list-none border-t border-line p-0">
        {versions.data.map((version) => (
          <li key={version.version} className={`flex items-start gap-2 border-b border-line px-3 py-2 ${version.version === base ? "bg-accent-soft" : ""}`}>
            <input type="checkbox" className="m-0 mt-[3px] accent-[var(--accent)]" aria-label={`Compare version ${version.version}`} checked={chosen.includes(version.version)} onChange={() => toggle(version.version)} />
            <div className="min-w-0 flex-1">
              <div className="flex items-baseline gap-2">
                <b className="font-[580]">{version.version}</b>
                <bdi className="min-w-0 flex-1 truncate text-muted">{version.author || "unknown"}</bdi>
                <span className="text-sm text-muted">
                  <Ago time={version.saved} />
                </span>
              </div>
              {version.note ? <bdi className="block text-sm break-words text-muted">{version.note}</bdi> : null}
              {version.version === base ? (
                <span className="text-sm text-muted">shown here</span>
              ) : (
                <div className="mt-1 flex gap-2">
                  <Button small onClick={() => onOpen(version.version)}>
                    Open
                  </Button>
                  {version.version === newest ? null : (
                    <Button small refusal={may.includes("save") ? null : "Your role does not allow to save."} onClick={() => setBack(version)}>
                      Roll back…
                    </Button>
                  )}
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
      <Confirm
        open={back !== null}
        onClose={() => setBack(null)}
        title={`Roll back to version ${back?.version ?? ""}?`}
        about={`Its document becomes version ${newest + 1}. No version is lost, and runs go on with theirs.`}
        verb="Roll back"
        reason
        onConfirm={async (reason) => {
          if (back) onRolledBack(await rollBack(name, { version: back.version, note: reason, base: newest }));
          await versions.refetch();
        }}
      />
    </div>
  );
}
