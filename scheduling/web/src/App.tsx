import { Button, Center, Loader, Stack, Text } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { TidingsProvider } from "@tidings/react";
import { useMemo, useState, useSyncExternalStore } from "react";
import { createApi } from "./api/api";
import { retry } from "./api/problem";
import type { Staff } from "./api/types";
import { Announcer } from "./live/announcer";
import { createDeskRouter } from "./router";
import { LoginPage } from "./session/LoginPage";
import type { Session } from "./session/session";
import { type SignedIn, SignedInContext } from "./session/signed-in";
import { OwnDeletesContext } from "./shift/mutations";

function createDesk() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry } } });
  return { queries, router: createDeskRouter(), ownDeletes: new Set<number>() };
}

/** Everything that belongs to one signed-in person; another person gets another one, and nothing of the first's data. */
function Desk({ session, staff }: { session: Session; staff: Staff }) {
  const [{ queries, router, ownDeletes }] = useState(createDesk);
  const signedIn = useMemo<SignedIn>(() => {
    const api = createApi(session.request);
    return { me: staff, manager: staff.role === "manager", api, signOut: session.signOut };
  }, [session, staff]);
  return (
    <SignedInContext value={signedIn}>
      <QueryClientProvider client={queries}>
        <TidingsProvider url="/ws" getToken={session.accessToken}>
          <OwnDeletesContext value={ownDeletes}>
            <Announcer>
              <RouterProvider router={router} />
            </Announcer>
          </OwnDeletesContext>
        </TidingsProvider>
      </QueryClientProvider>
    </SignedInContext>
  );
}

function Unreachable({ again }: { again: () => void }) {
  return (
    <Center mih="100dvh" p="lg">
      <Stack align="center" gap="xs">
        <Text fw={600}>The server cannot be reached</Text>
        <Text c="dimmed" ta="center">
          Check the connection, or wait until the server is up again.
        </Text>
        <Button mt="sm" onClick={again}>
          Try again
        </Button>
      </Stack>
    </Center>
  );
}

export function App({ session }: { session: Session }) {
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  switch (state.status) {
    case "starting":
      return (
        <Center mih="100dvh" aria-busy="true">
          <Loader type="dots" aria-label="Loading" />
        </Center>
      );
    case "unreachable":
      return <Unreachable again={() => void session.start()} />;
    case "signed-out":
      return <LoginPage ended={state.ended} signIn={session.signIn} />;
    case "signed-in":
      return <Desk key={state.staff.id} session={session} staff={state.staff} />;
  }
}
