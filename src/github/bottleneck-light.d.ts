// The build without Redis, the one that the throttling plugin loads; it ships without types of its own.
declare module 'bottleneck/light.js' {
  import Bottleneck from 'bottleneck';
  export default Bottleneck;
}
