/** What Cursor gives to its hooks, as its documentation shows it and as it was seen. */
const COMMON = {
  conversation_id: 'conversation-1',
  generation_id: 'generation-1',
  model: 'model-1',
  cursor_version: '3.0.0',
  workspace_roots: ['/srv/shop'],
  user_email: null,
  transcript_path: null,
};

export function told(event: string, own: object = {}, common: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ ...COMMON, hook_event_name: event, ...own, ...common }));
}
