module.exports=((e,s,p)=>{e.exports=p(20218)});
