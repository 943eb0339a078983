import { Menu } from "@mantine/core";
import { IconListCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useSignedIn } from "../session/signed-in";
import { PACES, type Pace, usePlay, useSimulation } from "./simulation";
import { tour } from "./tour";

const OFF = "off";

/** The account menu's part that only the demo has. */
export function DemoMenu() {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const simulation = useSimulation();
  const play = usePlay();
  if (!manager) return null;
  const choose = (value: string) => play.mutate(value === OFF ? null : (value as Pace));
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{t("demo.simulate")}</Menu.Label>
      <Menu.RadioGroup value={simulation?.pace ?? OFF} onChange={choose}>
        <Menu.RadioItem value={OFF} closeMenuOnClick>
          {t("demo.off")}
        </Menu.RadioItem>
        {PACES.map((pace) => (
          <Menu.RadioItem key={pace} value={pace} closeMenuOnClick>
            {t(`demo.pace.${pace}`)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
      <Menu.Divider />
      <Menu.Item leftSection={<IconListCheck size={16} />} onClick={tour.open}>
        {t("demo.tour.title")}
      </Menu.Item>
    </>
  );
}
