/** Field numbers of `scheduling.k8s.io/v1`, as its public protobuf definition has them: see ../schema.ts for how to read it. */
export const SCHEDULING_V1 = `
PriorityClass: 1 metadata meta.ObjectMeta, 2 value int32, 3 globalDefault bool, 4 description string, 5 preemptionPolicy string
PriorityClassList: 1 metadata meta.ListMeta, 2 items PriorityClass[]
`;
