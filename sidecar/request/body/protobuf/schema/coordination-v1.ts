/** Field numbers of `coordination.k8s.io/v1`, as its public protobuf definition has them: see ../schema.ts for how to read it. */
export const COORDINATION_V1 = `
Lease: 1 metadata meta.ObjectMeta, 2 spec LeaseSpec
LeaseList: 1 metadata meta.ListMeta, 2 items Lease[]
LeaseSpec: 1 holderIdentity string, 2 leaseDurationSeconds int32, 3 acquireTime time, 4 renewTime time, 5 leaseTransitions int32, 6 strategy string, 7 preferredHolder string
`;
