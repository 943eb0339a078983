import { useHotkeys } from "@mantine/hooks";

/**
 * Keys without Ctrl that the whole page answers, wherever nothing is typed: none that a part of the page has answered
 * already, and none while a dialog is open.
 */
export function usePageLetters(letters: readonly (readonly [key: string, act: () => void])[]): void {
  useHotkeys(
    letters.map(([key, act]) => [
      key,
      (event) => {
        if (event.defaultPrevented || document.querySelector("[aria-modal=true]")) return;
        event.preventDefault();
        act();
      },
      // Else it is prevented before the question whether somebody else has done so.
      { preventDefault: false },
    ]),
  );
}
