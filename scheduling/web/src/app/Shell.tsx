import { Badge, Menu, Text, UnstyledButton } from "@mantine/core";
import {
  type Icon,
  IconArrowsExchange,
  IconCalendarPlus,
  IconCalendarShare,
  IconCalendarWeek,
  IconLogout,
  IconPlaneDeparture,
  IconSettings,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react";
import { Link, Outlet } from "@tanstack/react-router";
import { useConnection, useTidings } from "@tidings/react";
import { lazy, type ReactNode, Suspense, useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { InDemo } from "../demo/about";
import { OfflineBanner } from "../live/Banner";
import { ConnectionDot } from "../live/ConnectionDot";
import { OutageWatch } from "../live/outage";
import { useTeam } from "../live/queries";
import { useRenewal } from "../live/renewal";
import { OwnNews } from "../mine/OwnNews";
import { OfferNews } from "../offers/OfferNews";
import { useOffers, useReader } from "../offers/queries";
import { waits } from "../offers/steps";
import { useSignedIn } from "../session/signed-in";
import { useSettings } from "../settings/use-settings";
import { usePendingRequests } from "../timeoff/queries";
import { TimeOffNews } from "../timeoff/TimeOffNews";
import { Arriving } from "../ui/Arriving";
import { Face } from "../ui/Face";
import { Logo } from "../ui/Logo";
import { soon, useSoon } from "../ui/soon";
import { useOpening } from "../ui/use-opening";
import classes from "./Shell.module.css";

const SettingsDialog = soon(() => import("../settings/SettingsDialog").then((module) => module.SettingsDialog));
const LinksDialog = soon(() => import("../calendar/LinksDialog").then((module) => module.LinksDialog));
const DemoMenu = lazy(() => import("../demo/DemoMenu").then((module) => ({ default: module.DemoMenu })));
const SimulationBar = lazy(() => import("../demo/SimulationBar").then((module) => ({ default: module.SimulationBar })));
const TourPanel = lazy(() => import("../demo/TourPanel").then((module) => ({ default: module.TourPanel })));

function Person() {
  const { t } = useTranslation();
  const { me, manager, signOut } = useSignedIn();
  const { opening, open, close } = useOpening<{ readonly Dialog: typeof SettingsDialog | typeof LinksDialog }>();
  return (
    <>
      <Menu position="bottom-end" width={220} shadow="md">
        <Menu.Target>
          <UnstyledButton className={classes.person} aria-label={t("shell.account", { name: me.name })}>
            <Face name={me.name} size={30} />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.card}>
            <Text size="sm" fw={600}>
              {me.name}
            </Text>
            <Text size="xs" c="dimmed">
              {manager ? t("shell.manager") : t("shell.staff")}
              {me.email && ` · ${me.email}`}
            </Text>
          </div>
          <Menu.Divider />
          <Menu.Item leftSection={<IconCalendarShare size={16} />} onClick={() => open({ Dialog: LinksDialog })}>
            {t("shell.calendar")}
          </Menu.Item>
          <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => open({ Dialog: SettingsDialog })}>
            {t("shell.settings")}
          </Menu.Item>
          <InDemo>
            <DemoMenu />
          </InDemo>
          {/* Signed out here in any case; the server's session then ends when it expires. */}
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut().catch(() => {})}>
            {t("shell.signOut")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Arriving>
        {opening && <opening.about.Dialog key={opening.number} opened={opening.opened} close={close} />}
      </Arriving>
    </>
  );
}

interface PageLinkProps {
  readonly to: "/me" | "/week" | "/open" | "/swaps" | "/time-off" | "/team";
  readonly icon: Icon;
  readonly name: string;
  readonly children?: ReactNode;
}

function PageLink({ to, icon: Mark, name, children }: PageLinkProps) {
  return (
    <Link to={to} className={classes.place}>
      <Mark size={18} stroke={1.7} aria-hidden="true" />
      <span className={classes.placeName}>{name}</span>
      {children}
    </Link>
  );
}

function Waiting({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <Badge size="sm" circle={count < 10} className={classes.badge} aria-label={t("shell.waiting", { count })}>
      {count}
    </Badge>
  );
}

function WaitingRequests() {
  return <Waiting count={usePendingRequests().data?.size ?? 0} />;
}

function WaitingOffers() {
  const reader = useReader();
  return <Waiting count={useOffers().data?.filter((offer) => waits(offer, reader)).length ?? 0} />;
}

function Places() {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  return (
    <nav className={classes.places} aria-label={t("shell.pages")}>
      {!manager && <PageLink to="/me" icon={IconUserCircle} name={t("shell.places.mine")} />}
      <PageLink to="/week" icon={IconCalendarWeek} name={t("shell.places.week")} />
      {!manager && <PageLink to="/open" icon={IconCalendarPlus} name={t("shell.places.open")} />}
      <PageLink to="/swaps" icon={IconArrowsExchange} name={t("shell.places.offers")}>
        <WaitingOffers />
      </PageLink>
      <PageLink to="/time-off" icon={IconPlaneDeparture} name={t("shell.places.timeOff")}>
        {manager && <WaitingRequests />}
      </PageLink>
      {manager && <PageLink to="/team" icon={IconUsers} name={t("shell.places.team")} />}
    </nav>
  );
}

/** A manager may change what the reader may do, or take them out of the team: both are taken in at once. */
function OwnRecord() {
  const { me, renew } = useSignedIn();
  const version = useTeam().data?.get(me.id)?.version ?? 0;
  const client = useTidings();
  const connect = useCallback(() => client.connect(), [client]);
  useRenewal(useConnection().status, renew, connect);
  useEffect(() => {
    // Where the server cannot be reached, the session is renewed later, by its own clock.
    if (version > me.version) renew().catch(() => {});
  }, [version, me.version, renew]);
  return null;
}

/** The frame around every page: where one is, how the connection is, who one is. */
export function Shell() {
  const { t } = useTranslation();
  const { locale } = useSettings();
  useSoon();
  const { manager } = useSignedIn();
  return (
    <div className={classes.shell}>
      <header className={classes.header}>
        <div className={classes.brand}>
          <Logo />
          <span className={classes.name}>{t("shell.name")}</span>
        </div>
        <Places />
        <div className={classes.tools}>
          <ConnectionDot />
          <Person />
        </div>
      </header>
      <OwnRecord />
      <TimeOffNews />
      <OfferNews />
      <OutageWatch>
        <InDemo>
          <SimulationBar />
        </InDemo>
        <OfflineBanner />
        {!manager && <OwnNews />}
        {/* Dates are written by the locale, which no component follows by itself: with another one the page is drawn anew. */}
        <main className={classes.main} key={JSON.stringify(locale)}>
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
        <InDemo>
          <TourPanel />
        </InDemo>
      </OutageWatch>
    </div>
  );
}
