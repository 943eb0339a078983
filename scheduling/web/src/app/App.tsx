import { Button, Center, Loader, Stack, Text } from "@mantine/core";
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { TidingsProvider } from "@tidings/react";
import { useMemo, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { createApi } from "../api/api";
import { retry } from "../api/problem";
import type { Staff } from "../api/types";
import { Announcer } from "../live/announcer";
import { HeldWatch } from "../live/held";
import { paced } from "../live/pace";
import type { Session } from "../session/session";
import { type SignedIn, SignedInContext } from "../session/signed-in";
import { History, HistoryContext } from "../shift/history";
import { OwnDeletesContext } from "../shift/mutations";
import { Unsent, UnsentContext } from "../shift/unsent";
import { LoginPage } from "./LoginPage";
import { createDeskRouter } from "./router";

const PHONE = "(max-width: 48em)";

notifyManager.setScheduler(paced());

function createDesk(staff: Staff) {
  const onTheWay = () => staff.role === "staff" && window.matchMedia(PHONE).matches;
  const queries = new QueryClient({ defaultOptions: { queries: { retry } } });
  return {
    queries,
    router: createDeskRouter({ onTheWay }),
    ownDeletes: new Set<number>(),
    history: new History(),
    unsent: new Unsent(),
  };
}

/** Everything that belongs to one signed-in person; another person gets another one, and nothing of the first's data. */
function Desk({ session, staff }: { session: Session; staff: Staff }) {
  const [{ queries, router, ownDeletes, history, unsent }] = useState(() => createDesk(staff));
  const signedIn = useMemo<SignedIn>(() => {
    const api = createApi(session.request);
    return { me: staff, manager: staff.role === "manager", api, signOut: session.signOut, renew: session.renew };
  }, [session, staff]);
  return (
    <SignedInContext value={signedIn}>
      <QueryClientProvider client={queries}>
        <TidingsProvider url="/ws" getToken={session.accessToken}>
          <OwnDeletesContext value={ownDeletes}>
            <HistoryContext value={history}>
              <UnsentContext value={unsent}>
                <HeldWatch>
                  <Announcer>
                    <RouterProvider router={router} />
                  </Announcer>
                </HeldWatch>
              </UnsentContext>
            </HistoryContext>
          </OwnDeletesContext>
        </TidingsProvider>
      </QueryClientProvider>
    </SignedInContext>
  );
}

function Unreachable({ again }: { again: () => void }) {
  const { t } = useTranslation();
  return (
    <Center mih="100dvh" p="lg">
      <Stack align="center" gap="xs">
        <Text fw={600}>{t("shell.unreachable.title")}</Text>
        <Text c="dimmed" ta="center">
          {t("shell.unreachable.text")}
        </Text>
        <Button mt="sm" onClick={again}>
          {t("shell.tryAgain")}
        </Button>
      </Stack>
    </Center>
  );
}

export function App({ session }: { session: Session }) {
  const { t } = useTranslation();
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  switch (state.status) {
    case "starting":
      return (
        <Center mih="100dvh" aria-busy="true">
          <Loader type="dots" aria-label={t("shell.loading")} />
        </Center>
      );
    case "unreachable":
      return <Unreachable again={() => void session.start()} />;
    case "signed-out":
      return <LoginPage ended={state.ended} signIn={session.signIn} />;
    case "signed-in":
      // Another role has another connection: what may be followed is in its token.
      return <Desk key={`${state.staff.id} ${state.staff.role}`} session={session} staff={state.staff} />;
  }
}
