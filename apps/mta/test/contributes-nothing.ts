/** A module that forgot what it is for. */
export default (): object => ({})
