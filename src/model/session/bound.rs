//! A session whose inputs stay where they were put: what does not change from call to call is copied to the device once.

use ndarray::ArrayD;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::{IoBinding, Session};
use ort::value::{PrimitiveTensorElementType, Tensor};

/// A session with bound inputs; outputs come to the host's memory.
pub(in crate::model) struct Bound {
    session: Session,
    binding: IoBinding,
    host: MemoryInfo<'static>,
}

impl Bound {
    /// A session to which nothing is bound yet.
    pub fn new(session: Session) -> ort::Result<Self> {
        let binding = session.create_binding()?;
        let host = MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Device, MemoryType::CPUOutput)?;
        Ok(Self { session, binding, host })
    }

    /// Binds a tensor: it is copied to where the provider computes, and is the input `name` of every call from now on, until another
    /// one is bound.
    pub fn bind<T, D>(&mut self, name: &str, values: ndarray::Array<T, D>) -> ort::Result<()>
    where
        T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
        D: ndarray::Dimension + 'static,
    {
        self.binding.bind_input(name, &Tensor::from_array(values)?)
    }

    /// Computes the outputs `names` from the bound inputs, and nothing that only other outputs need.
    pub fn run(&mut self, names: &[String]) -> ort::Result<Vec<ArrayD<f32>>> {
        // Bound anew each time: a buffer that was filled before has the shape of an earlier batch.
        self.binding.clear_outputs();
        for name in names {
            self.binding.bind_output_to_device(name.as_str(), &self.host)?;
        }
        self.binding.synchronize_inputs()?;
        let outputs = self.session.run_binding(&self.binding)?;
        self.binding.synchronize_outputs()?;
        names.iter().map(|name| Ok(outputs[name.as_str()].try_extract_array::<f32>()?.to_owned())).collect()
    }
}
