import { useMutation } from "@tanstack/react-query";
import { useLiveQuery } from "@tidings/react/query";
import { retry } from "../api/problem";
import { type Simulation, Simulations } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";

export type Pace = NonNullable<Simulation["pace"]>;
export const PACES = ["calm", "steady", "brisk"] as const satisfies readonly Pace[];

/** Whether colleagues are played, as every screen knows it at once; null until that is known. */
export function useSimulation(): Simulation | null {
  const { api } = useSignedIn();
  const now = useNow();
  const { data } = useLiveQuery({
    queryKey: ["simulation"],
    queryFn: async ({ signal }) => [await api.simulation(signal)],
    retry,
    channel: Simulations(),
    row: ({ payload }): Simulation => payload.simulation,
    id: ({ name }) => name,
    matches: () => true,
  });
  const [simulation = null] = data ?? [];
  // Without connection nobody says that it has ended.
  const over = simulation?.ends_at ? Date.parse(simulation.ends_at) <= now : false;
  return simulation && over ? { ...simulation, pace: null, people: [], ends_at: null } : simulation;
}

/** Begins, changes the pace, or with null ends it. */
export function usePlay() {
  const { api } = useSignedIn();
  return useMutation({
    mutationKey: ["simulation"],
    mutationFn: (pace: Pace | null) => (pace ? api.startSimulation(pace) : api.stopSimulation()),
  });
}
