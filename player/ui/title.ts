/** The document's title: what is shown, after how many wait for a person, as a tab in the background tells it. */
let shown = '';
let waiting = 0;

export function showTitle(page: string): void {
  shown = page;
  write();
}

export function showWaiting(amount: number): void {
  waiting = amount;
  write();
}

function write(): void {
  const count = waiting === 0 ? '' : `(${waiting.toLocaleString('en-GB')}) `;
  document.title = `${count}${shown === '' ? '' : `${shown} · `}Chaperone`;
}
