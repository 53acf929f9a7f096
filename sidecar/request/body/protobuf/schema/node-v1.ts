/** Field numbers of `node.k8s.io/v1`, as its public protobuf definition has them: see ../schema.ts for how to read it. */
export const NODE_V1 = `
Overhead: 1 podFixed quantity{}
RuntimeClass: 1 metadata meta.ObjectMeta, 2 handler string, 3 overhead Overhead, 4 scheduling Scheduling
RuntimeClassList: 1 metadata meta.ListMeta, 2 items RuntimeClass[]
Scheduling: 1 nodeSelector string{}, 2 tolerations core.Toleration[]
`;
