/** Values for the completion of expressions: what the last trial gave. */
import { useMemo } from "react";
import { useEditor } from "../page/context";
import type { ExpressionProps } from "./expression-input";

/** Sample values: `result` is that of a node, `nodes` are those of all. */
export function useSample(source: string): ExpressionProps["sample"] {
  const { samples } = useEditor();
  return useMemo(() => ({ result: samples.nodes[source], nodes: samples.nodes, run_input: samples.input }), [samples, source]);
}
