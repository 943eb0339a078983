import { Drawer, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Dialog.module.css";

interface Props {
  readonly opened: boolean;
  readonly close: () => void;
  readonly title: string;
  readonly children: ReactNode;
}

/** Mantine notes where the focus was, to give it back, when it sees a dialog open: not when it is there open at once. */
function useEntering(opened: boolean): boolean {
  const [entered, setEntered] = useState(false);
  useEffect(() => setEntered(opened), [opened]);
  return opened && entered;
}

// Mantine's own heads are <header> elements, which beside the page's header make two banners: these are plain.

/** A question or a short form in the middle of the page. */
export function Dialog({ opened, close, title, size, children }: Props & { size: number }) {
  const { t } = useTranslation();
  const entering = useEntering(opened);
  return (
    <Modal.Root
      opened={entering}
      onClose={close}
      size={size}
      centered
      radius="lg"
      classNames={{ content: classes.content }}
    >
      <Modal.Overlay backgroundOpacity={0.3} />
      <Modal.Content>
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t("shell.close")} />
        </div>
        <Modal.Body className={classes.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Something to work on beside the page; on a phone it takes all of it. */
export function SidePanel({ opened, close, title, children }: Props) {
  const { t } = useTranslation();
  const entering = useEntering(opened);
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  return (
    <Drawer.Root
      opened={entering}
      onClose={close}
      position="right"
      size={phone ? "100%" : 440}
      classNames={{ content: classes.content }}
    >
      <Drawer.Overlay backgroundOpacity={0.18} />
      <Drawer.Content>
        <div className={classes.head}>
          <Drawer.Title className={classes.title}>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t("shell.close")} />
        </div>
        <Drawer.Body className={classes.panel}>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
