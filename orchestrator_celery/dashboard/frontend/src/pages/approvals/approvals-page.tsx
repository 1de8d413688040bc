/** The inbox of questions to people: answer one, or many at once. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { get } from "@/api/client";
import { useFresh, usePace } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { counted } from "@/parts/format";
import { JsonView } from "@/parts/json-view";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { Check } from "@/parts/table";
import { StatusIcon } from "@/parts/status";
import { Countdown, Duration } from "@/parts/time";
import { AnswerForm, type Approval } from "./answer-form";

const key = ({ run, node }: Approval): string => `${run} ${node}`;

export default function ApprovalsPage(): ReactNode {
  const pace = usePace(3000);
  useFresh("runs", ["approvals"], 800);
  const approvals = useQuery({ queryKey: ["approvals"], queryFn: ({ signal }) => get("/api/approvals", {}, {}, signal), refetchInterval: pace });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const list = approvals.data ?? [];
  const chosen = list.filter((approval) => selected.has(key(approval)));
  const toggle = (approval: Approval): void => {
    const next = new Set(selected);
    if (!next.delete(key(approval))) next.add(key(approval));
    setSelected(next);
  };
  return (
    <>
      <PageHead title="Approvals" about={list.length ? `${counted(list.length, "question")} to people` : null}>
        {chosen.length > 1 ? (
          <>
            <span className="text-muted">{chosen.length} selected</span>
            <AnswerForm compact approvals={chosen} onDone={() => setSelected(new Set())} />
          </>
        ) : null}
      </PageHead>
      {approvals.isPending ? (
        <Card>
          <Skeleton rows={6} height={64} />
        </Card>
      ) : approvals.error && !approvals.data ? (
        <ErrorState error={approvals.error} retry={() => void approvals.refetch()} />
      ) : list.length === 0 ? (
        <Card>
          <Empty icon="approvals" title="Nobody is waiting for you">
            When a graph reaches an <code>Approval</code>, its question stands here until somebody answers or its time is over.
          </Empty>
        </Card>
      ) : (
        <ul className="m-0 flex list-none flex-col gap-3 p-0">
          {list.map((approval) => (
            <li key={key(approval)}>
              <Card className="p-3">
                <div className="flex items-start gap-3">
                  <span className="pt-[3px]">
                    <Check label={`Select ${approval.name} of ${approval.run_name}`} checked={selected.has(key(approval))} onChange={() => toggle(approval)} />
                  </span>
                  <span className="pt-[2px]">
                    <StatusIcon status="AWAITING" />
                  </span>
                  <div className="min-w-0 flex-1">
                    <div className="flex flex-wrap items-baseline gap-x-2">
                      <b className="font-[600]">
                        <bdi>{approval.name}</bdi>
                      </b>
                      <span className="text-muted">of</span>
                      <Link className="min-w-0 truncate font-[550] text-accent no-underline hover:underline" to={`/runs/${encodeURIComponent(approval.run)}?node=${encodeURIComponent(approval.node)}`}>
                        <bdi>{approval.run_name || approval.run}</bdi>
                      </Link>
                      <span className="flex-1" />
                      <span className="text-muted">
                        waiting for <Duration from={approval.since} />
                      </span>
                      {approval.until ? (
                        <span className="text-muted">
                          · <Countdown until={approval.until} over="any moment" /> left, then {approval.on_timeout ?? "it fails"}
                        </span>
                      ) : null}
                    </div>
                    {approval.message ? <p className="m-0 mt-1 whitespace-pre-wrap [overflow-wrap:anywhere]">{approval.message}</p> : null}
                    {approval.given !== null && approval.given !== undefined ? (
                      <div className="mt-2 max-w-[720px]">
                        <JsonView value={approval.given} open={1} label="What it is about" />
                      </div>
                    ) : null}
                    <div className="mt-2">
                      <AnswerForm compact approvals={[approval]} onDone={() => undefined} />
                    </div>
                  </div>
                </div>
              </Card>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
