/** Signatures that are marked for deletion: how long they can still be restored, run again, purged. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { get, post, type Schemas } from "@/api/client";
import { queryClient, useFresh, usePace, useSession } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { Confirm } from "@/parts/dialog";
import { Card, Empty, ErrorState, Note, Skeleton } from "@/parts/states";
import { Table, type Column } from "@/parts/table";
import { Ago, Countdown } from "@/parts/time";
import { toast, toastError } from "@/parts/toast";

type Signature = Schemas["SignatureView"];

export default function DeletedPage(): ReactNode {
  const navigate = useNavigate();
  const may = useSession().data?.verbs ?? [];
  const pace = usePace(5000);
  const [purging, setPurging] = useState<Signature | null>(null);
  // Marks, restorations and purges leave entries in the audit trail, the purge after the time is over too.
  useFresh("audit", ["signatures", "deleted"], 500);
  const list = useInfiniteQuery({
    queryKey: ["signatures", "deleted"],
    queryFn: ({ signal, pageParam }) => get("/api/signatures", {}, { status: "MARKED_FOR_DELETION", limit: 100, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: pace,
  });
  const rows = useMemo(() => (list.data?.pages ?? []).flatMap((page) => page.signatures), [list.data]);
  const refresh = (): void => void queryClient.invalidateQueries({ queryKey: ["signatures"] });
  const restore = async (signature: Signature): Promise<void> => {
    try {
      await post("/api/signatures/{signature}/restore", { signature: signature.id });
      toast(`${signature.name || signature.id} is restored.`);
    } catch (error) {
      toastError(error);
    }
    refresh();
  };
  const again = async (signature: Signature): Promise<void> => {
    try {
      const { run } = await post("/api/signatures/{signature}/rerun", { signature: signature.id }, {});
      toast(`${signature.name || signature.id} runs again.`, { action: { label: "Open", run: () => void navigate(`/runs/${encodeURIComponent(run.id)}`) } });
    } catch (error) {
      toastError(error);
    }
    refresh();
  };
  const why = (verb: string): string | null => (may.includes(verb) ? null : `Your role does not allow to ${verb}.`);
  const columns: Column<Signature>[] = [
    { key: "name", title: "Name", cell: (signature) => <bdi title={signature.id} className="font-[560]">{signature.name || signature.id}</bdi> },
    { key: "category", title: "Category", width: 130, from: "md", cell: (signature) => <span className="text-muted">{signature.category}</span> },
    { key: "created", title: "Created", width: 100, from: "sm", align: "right", cell: (signature) => <span className="text-muted"><Ago time={signature.created} /></span> },
    { key: "left", title: "Left", width: 110, phone: 96, align: "right", cell: (signature) => (signature.delete_at ? <Countdown until={signature.delete_at} over="purged soon" /> : "–") },
    {
      key: "verbs",
      title: "",
      width: 250,
      phone: 104,
      align: "right",
      cell: (signature) => (
        <span className="inline-flex gap-1">
          <Button small icon="undo" refusal={why("restore")} onClick={() => void restore(signature)}>
            Restore
          </Button>
          <Button small refusal={why("run")} className="max-sm:hidden" onClick={() => void again(signature)}>
            Run again
          </Button>
          <Button small kind="danger" refusal={why("purge")} className="max-sm:hidden" onClick={() => setPurging(signature)}>
            Purge…
          </Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <PageHead title="Deleted" about="can be restored until their time is over" />
      <Card className="overflow-hidden">
        {list.isPending ? (
          <Skeleton rows={5} />
        ) : list.error && !list.data ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : (
          <Table label="Deleted signatures" rows={rows} columns={columns} id={(signature) => signature.id} empty={<Empty icon="deleted" title="Nothing is deleted">What is deleted stays here until its time is over, and can be restored or run again until then.</Empty>} />
        )}
      </Card>
      {list.hasNextPage ? (
        <Button className="mt-3" onClick={() => void list.fetchNextPage()}>
          More
        </Button>
      ) : null}
      {purging ? (
        <Confirm
          open
          onClose={() => setPurging(null)}
          title={`Purge ${purging.name || purging.id}?`}
          verb="Purge for good"
          danger
          typed={(purging.name || purging.id).slice(0, 60)}
          onConfirm={async () => {
            await post("/api/signatures/{signature}/purge", { signature: purging.id }, { confirm: purging.id });
            toast(`${purging.name || purging.id} is purged.`);
            refresh();
          }}
        >
          <Note tone="failed">The signature and the data of its runs are deleted at once. This cannot be undone.</Note>
        </Confirm>
      ) : null}
    </>
  );
}
